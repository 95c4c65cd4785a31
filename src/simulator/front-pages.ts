import { Reply } from './handler.ts'

const page = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`

/** What the static web server in front of a node's API answers by itself: HTML (FACTS 1, O). */
export const frontPage = (status: 404 | 500 | 502): Reply => {
  const reasons = { 404: 'Not Found', 500: 'Internal Server Error', 502: 'Bad Gateway' }
  return new Reply(status, page(`${status} ${reasons[status]}`), 'text/html')
}
