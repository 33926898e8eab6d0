# A web server, itself behind a proxy, that packs files of 30 to 300 KB.
mkdir files
for part in 1 2 3; do
    split -l 1 -a 2 -d papers$part files/$part
done
cat > nginx.conf <<END
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    client_body_buffer_size 1m;
    server {
        listen unix:back.sock;
        root files;
        output_buffers 2 256k;
        location /taken { return 200 "taken"; }
    }
    server {
        listen unix:front.sock;
        gzip on;
        gzip_types application/octet-stream;
        location / {
            proxy_pass http://unix:back.sock;
            proxy_buffer_size 64k;
            proxy_buffers 16 64k;
            proxy_busy_buffers_size 256k;
        }
    }
}
END
/usr/sbin/nginx -p "$PWD" -e error.log -c nginx.conf &
server=$!
trap 'kill $server 2> /dev/null' EXIT
for try in 1 2 3 4 5 6 7 8 9 10; do
    [ -S front.sock ] && break
    sleep 0.2
done
ask() { curl -s --unix-socket front.sock -o /dev/null "$@"; }
clients=
for client in 1 2 3 4; do
    for round in 1 2 3 4 5; do
        ask --compressed "http://localhost/[1-3]0[0-9]"
        ask "http://localhost/$((client % 3 + 1))1[0-9]"
        ask --data-binary "@files/$((round % 3 + 1))0$client" \
            http://localhost/taken
    done &
    clients="$clients $!"
done
wait $clients
kill -QUIT $server
wait $server
