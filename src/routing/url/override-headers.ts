/**
 * Headers that some server reads in place of the request's own URL, method or host, or of its own environment. No sender
 * of webhooks sends one, and a tunnel passes on what its client sends: a gateway that believes them could be led past the
 * path and method that the request was routed by. They are dropped, unless the profile's `keep_headers` names them.
 */
export const OVERRIDE_HEADERS: readonly string[] = [
  // The URL: IIS rewriting, which Symfony and Zend read (CVE-2018-14773), nginx's and Traefik's auth requests, Envoy,
  // Azure App Service, WSGI behind a prefix, Home Assistant.
  'X-Original-URL',
  'X-Original-URI',
  'X-Original-Path',
  'X-Rewrite-URL',
  'X-Rewrite-URI',
  'X-Forwarded-Uri',
  'X-Forwarded-URL',
  'X-Forwarded-Path',
  'X-Replaced-Path',
  'X-Envoy-Original-Path',
  'X-Waws-Unencoded-Url',
  'X-Script-Name',
  'X-Ingress-Path',
  // The method: Rails, Laravel, Express's method-override, Microsoft's REST guidelines.
  'X-HTTP-Method-Override',
  'X-HTTP-Method',
  'X-Method-Override',
  'X-Original-Method',
  'X-Forwarded-Method',
  // The host.
  'X-Host',
  'X-HTTP-Host-Override',
  'X-Original-Host',
  'X-Envoy-Original-Host',
  'X-Forwarded-Server',
  // The environment: CGI passes it as HTTP_PROXY, which HTTP clients obey (https://httpoxy.org).
  'Proxy',
];
