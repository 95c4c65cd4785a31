# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY esbuild.config.mjs code-cache.mjs tsconfig.json ./
COPY src ./src
COPY plugins ./plugins
COPY routes ./routes
COPY openapi ./openapi
COPY mcpb ./mcpb
RUN npm run build

FROM node:24-slim
# What the state folder of the user is elsewhere: the only place the bridge writes to.
RUN install -d -o node -g node -m 0700 /var/lib/scale-bridge
WORKDIR /app
COPY LICENSE ./
# The bundle holds all packages it needs.
COPY --from=build /app/package.json ./
COPY --from=build /app/openapi/hypercore.json ./openapi/
COPY --from=build /app/dist ./dist
# glibc keeps more of what was freed, the larger the blocks it has seen; a fixed limit ends that. About 18 MiB of 132
# resident, and no CPU that could be measured.
ENV NODE_ENV=production \
    MALLOC_TRIM_THRESHOLD_=131072 \
    HOST=0.0.0.0 \
    SCALE_SESSION_FILE=/var/lib/scale-bridge/session.json
USER node
VOLUME /var/lib/scale-bridge
EXPOSE 5075
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 5075}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# docker run IMAGE check
ENTRYPOINT ["node", "/app/dist/cli.js"]
CMD ["serve"]
# Last, as they change with each build. Whoever publishes the image says what it was built from:
# docker build --build-arg REVISION="$(git rev-parse HEAD)" --build-arg SOURCE=<address of the repository> .
ARG VERSION=0.1.0
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="scale-bridge" \
      org.opencontainers.image.description="A secure, LLM-ready bridge to the SCALE Computing HyperCore REST API" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="docker.io/library/node:24-slim"
