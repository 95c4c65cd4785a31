# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json esbuild.config.mjs ./
COPY openapi ./openapi
COPY mcpb ./mcpb
COPY src ./src
COPY plugins ./plugins
COPY routes ./routes
RUN npm run build && npm ci --omit=dev

FROM node:24-slim
# What the state folder of the user is elsewhere: the only place the bridge writes to.
RUN install -d -o node -g node -m 0700 /var/lib/scale-bridge
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/openapi/hypercore.json ./openapi/
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    SCALE_SESSION_FILE=/var/lib/scale-bridge/session.json
USER node
VOLUME /var/lib/scale-bridge
EXPOSE 5075
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 5075}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/cli.js", "serve"]
