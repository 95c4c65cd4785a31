/** The icon of the bridge's pages. */
export const faviconSvg =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5fa5"/><path d="M4 20h24M8 20v5M24 20v5M4 20C9 9 23 9 28 20M12 13.6V20M16 12v8M20 13.6V20" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round"/></svg>'
