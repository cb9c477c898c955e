# Sourced by the scripts beside it: `serve_feeds FOLDER PORT` has nginx serve FOLDER/feeds on every address of
# loopback, packed where there is a packed file, with its pid in FOLDER/nginx.pid.
serve_feeds() {
  cat > "$1/nginx.conf" <<C
worker_processes 1;
pid $1/nginx.pid;
error_log $1/error.log error;
events { worker_connections 4096; }
http {
  access_log off;
  types { application/rss+xml xml; }
  charset utf-8; charset_types application/rss+xml;
  sendfile on; gzip_static on; etag on; if_modified_since before;
  client_body_temp_path $1/t1; proxy_temp_path $1/t2; fastcgi_temp_path $1/t3; uwsgi_temp_path $1/t4; scgi_temp_path $1/t5;
  root $1/feeds;
  server { listen $2 backlog=4096; allow 127.0.0.0/8; deny all; }
}
C
  [ "$(id -u)" = 0 ] && sed -i '1i user root;' "$1/nginx.conf"
  nginx -c "$1/nginx.conf" -p "$1"
  sleep 0.5
}
