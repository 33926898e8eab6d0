# An MQTT broker passes papers of 30 to 300 KB on to two readers.
cat > relay.conf <<END
user root
listener 0 $PWD/relay.sock
allow_anonymous true
persistence false
END
/usr/sbin/mosquitto -c relay.conf > relay.log 2>&1 &
server=$!
trap 'kill $server 2> /dev/null' EXIT
for try in 1 2 3 4 5 6 7 8 9 10; do
    mosquitto_pub --unix relay.sock -t ready -n 2> /dev/null && break
    sleep 0.2
done
for round in 1 2 3; do
    mosquitto_sub --unix relay.sock -q 1 -c -i "first$round" -t 'paper/#' \
        -C 70 -W 30 > /dev/null &
    clients=$!
    mosquitto_sub --unix relay.sock -t 'paper/#' -C 70 -W 30 > /dev/null &
    clients="$clients $!"
    sleep 0.3
    for part in 1 2 3; do
        mosquitto_pub --unix relay.sock -r -q 1 -t paper/$part -l \
            < papers$part &
        clients="$clients $!"
    done
    wait $clients
done
kill $server
wait $server
