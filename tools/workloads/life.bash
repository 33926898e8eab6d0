# Conway's life on a small torus, cells in an associative array; then strings.
width=8 height=6
declare -A alive=()
for ((y = 0; y < height; y++)); do
    for ((x = 0; x < width; x++)); do
        if (( (x * 7 + y * 13 + x * y) % 5 < 2 )); then alive[$x,$y]=1; fi
    done
done
show() {
    local line
    for ((y = 0; y < height; y++)); do
        line=
        for ((x = 0; x < width; x++)); do
            line+=${alive[$x,$y]:+#}${alive[$x,$y]:-.}
        done
        echo "${line//1/}"
    done
}
for ((turn = 0; turn < 1; turn++)); do
    show
    declare -A count=() next=()
    for cell in "${!alive[@]}"; do
        x=${cell%,*} y=${cell#*,}
        for dx in -1 0 1; do
            for dy in -1 0 1; do
                key=$(( (x + dx + width) % width ))
                key+=,$(( (y + dy + height) % height ))
                count[$key]=$(( ${count[$key]:-0} + 1 ))
            done
        done
    done
    for cell in "${!count[@]}"; do
        n=${count[$cell]}
        if (( n == 3 )) || { (( n == 4 )) && [[ ${alive[$cell]} ]]; }; then
            next[$cell]=1
        fi
    done
    alive=()
    for cell in "${!next[@]}"; do alive[$cell]=1; done
done
