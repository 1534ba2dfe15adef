# A shared cache in front of the handler that does what HTTP says and no more (RFC 9111): it keeps also what was asked for with cookies and what sets them,
# and so relies on what the answer says.
sub vcl_recv {
  if (req.method != "GET" && req.method != "HEAD") {
    return (pass);
  }
  return (hash);
}

sub vcl_backend_response {
  if (beresp.http.Cache-Control ~ "private|no-store|no-cache" || beresp.ttl <= 0s) {
    set beresp.uncacheable = true;
    set beresp.ttl = 10s;
  }
  return (deliver);
}
