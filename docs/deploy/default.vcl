# Varnish in front of a node on the same machine.
#
#   skerry run --http 127.0.0.1:8080 --serve own --trusted-proxy 127.0.0.1/32
#   varnishd -f /path/to/default.vcl -a 127.0.0.1:8082 -s malloc,4g
#
# Varnish keeps whole objects: a range in a file that it lacks fetches all of it. Where files are
# large, keep --max-range-file of the node at what the cache may take, or use nginx with slices.
vcl 4.1;

import std;

backend skerry {
  .host = "127.0.0.1";
  .port = "8080";
  .first_byte_timeout = 35s;
  .between_bytes_timeout = 35s;
  .max_connections = 512;
  .probe = {
    .url = "/healthz";
    .interval = 5s;
    .timeout = 2s;
    .window = 5;
    .threshold = 3;
    .initial = 3;
  }
}

# Behind another proxy on this machine (for TLS) all clients seem to be here: have it speak the PROXY
# protocol (-a 127.0.0.1:8082,PROXY), which keeps their addresses, or strangers may purge.
acl purgers {
  "127.0.0.1";
  "::1";
}

sub vcl_recv {
  # A copy by its URL, or all copies by tags as in Cache-Tag: m-<link> of a publication, or what the
  # node sends when its denylist changes (--purge-url http://127.0.0.1:8082/, a POST).
  if (req.method == "PURGE" || req.method == "BAN" || req.method == "POST") {
    if (client.ip !~ purgers) {
      return (synth(405, "Not allowed"));
    }
    if (req.method == "PURGE") {
      return (purge);
    }
    if (req.http.Cache-Tag !~ "^[chmp]-[a-z0-9]+(,[chmp]-[a-z0-9]+)*$") {
      return (synth(400, "BAN needs a Cache-Tag as m-<link>"));
    }
    ban("obj.http.Cache-Tag ~ (^|,)(" + regsuball(req.http.Cache-Tag, ",", "|") + ")(,|$)");
    return (synth(200, "Banned"));
  }
  if (req.method != "GET" && req.method != "HEAD" && req.method != "OPTIONS") {
    return (synth(405, "Method not allowed"));
  }
  if (req.method == "OPTIONS") {
    return (pass);
  }
  set req.http.X-Forwarded-Host = req.http.Host;
  # No answer depends on these, and a shared copy must not seem to.
  unset req.http.Origin;
  unset req.http.Cookie;
  unset req.http.Accept;
  unset req.http.Accept-Encoding;
  # Who has a token for the node asks it directly: to this cache all are strangers.
  unset req.http.Authorization;
  # Of the query only what changes the answer.
  if (req.url ~ "\?") {
    set req.url = std.querysort(req.url);
    set req.url = regsuball(req.url, "(?<=[?&])(?!(format|bytes|filename|download|page|link)=)[^&]*&?", "");
    set req.url = regsub(req.url, "[?&]+$", "");
  }
  return (hash);
}

sub vcl_backend_fetch {
  set bereq.http.Host = "127.0.0.1";
}

sub vcl_backend_response {
  # How long is the node's word; an error says no-store, and the next request asks again at once.
  if (beresp.status >= 500 || beresp.status == 412 || beresp.status == 429) {
    set beresp.uncacheable = true;
    set beresp.ttl = 0s;
    return (deliver);
  }
  # A node that restarts need not be noticed.
  set beresp.grace = 1h;
}

sub vcl_deliver {
  if (obj.hits > 0) {
    set resp.http.X-Cache = "HIT";
  } else {
    set resp.http.X-Cache = "MISS";
  }
}
