sub vcl_recv {
  if (req.http.Edgewise-Private) {
    return (pass);               # for one visitor: neither kept nor answered with what is kept
  }
  unset req.http.Cookie;         # what the visitor's cookies say to decisions is in the key
}

sub vcl_hash {
  hash_data(req.http.Edgewise-Key);
}
