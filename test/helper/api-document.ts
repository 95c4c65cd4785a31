type Json = Record<string, unknown>

/** The answer of every write. */
const result = {
  '200': {
    description: 'Success',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Result' } } }
  },
  '400': { $ref: '#/components/responses/Refused' }
}

/**
 * A small document of a cluster as it could be of a later version: some of what the bundled catalog
 * knows (users), with one field more and one less, and an entity it does not know.
 */
export function apiDocument(changes: Json = {}): Json {
  return {
    openapi: '3.0.0',
    info: { title: 'Test cluster API', version: '7.0.1' },
    servers: [{ url: '/rest/v1' }],
    paths: {
      '/User': {
        get: {
          tags: ['User'],
          operationId: 'UserRead',
          summary: 'UserRead',
          description: 'The words of the cluster',
          responses: {
            '200': {
              description: 'Success',
              content: {
                'application/json': {
                  schema: { type: 'array', items: { $ref: '#/components/schemas/User' } }
                }
              }
            }
          }
        },
        post: {
          tags: ['User'],
          operationId: 'UserCreate',
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    username: { type: 'string' },
                    password: { type: 'string' },
                    pinCode: { type: 'integer', minimum: 1000 },
                    authSecret: { type: 'string', nullable: true }
                  },
                  required: ['username', 'pinCode'],
                  additionalProperties: false
                }
              }
            }
          },
          responses: result
        }
      },
      '/User/{id}': {
        delete: {
          tags: ['User'],
          parameters: [{ $ref: '#/components/parameters/Id' }],
          responses: result
        }
      },
      '/Widget/{uuid}/spin': {
        parameters: [{ name: 'uuid', in: 'path', required: true, schema: { type: 'string' } }],
        post: {
          tags: ['Widget'],
          operationId: 'WidgetSpin',
          description: 'Spin a widget for _some_ time. **INTERNAL** It gets dizzy.',
          requestBody: { $ref: '#/components/requestBodies/Spin' },
          responses: result
        },
        delete: { tags: ['Widget'], description: 'Stop a widget', responses: result }
      }
    },
    components: {
      parameters: {
        Id: { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
      },
      requestBodies: {
        Spin: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Spin' } } }
        }
      },
      responses: { Refused: { description: 'Refused' } },
      schemas: {
        Result: {
          type: 'object',
          properties: { taskTag: { type: 'string' }, createdUUID: { type: 'string' } }
        },
        User: {
          type: 'object',
          properties: {
            uuid: { type: 'string', readOnly: true },
            username: { type: 'string', description: 'The words of the cluster' },
            nickname: { type: 'string', description: 'What friends say _**CREATE-ONLY**_' }
          }
        },
        Spin: {
          type: 'object',
          properties: {
            speed: { $ref: '#/components/schemas/Speed' },
            axis: { type: 'string', enum: ['X', 'Y'] },
            parts: { type: 'array', items: { $ref: '#/components/schemas/Spin' } }
          },
          required: ['axis']
        },
        Speed: { allOf: [{ $ref: '#/components/schemas/Rate' }], description: 'How fast' },
        Rate: { type: 'integer', minimum: 1 }
      }
    },
    ...changes
  }
}
