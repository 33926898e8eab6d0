# A redis server under four clients at a time, through the phases of a day.
redis-server --port 0 --unixsocket "$PWD/redis.sock" --save '' \
    --appendonly no > redis.log &
server=$!
trap 'kill $server 2> /dev/null' EXIT
ask() { redis-cli -s redis.sock "$@"; }
for try in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(ask ping 2>&1)" = PONG ] && break
    sleep 0.2
done
for phase in fill serve batch serve clear fill; do
    clients=
    for client in 1 2 3 4; do
        ask --pipe < $phase$client > $phase$client.log &
        clients="$clients $!"
    done
    wait $clients || exit 1
done
ask flushall async
ask shutdown nosave
wait
