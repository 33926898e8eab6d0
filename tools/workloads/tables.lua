-- Tables and strings that double: a sieve, counting, sorting, rows, a text.
local seed = 1

local function random(n)
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >> 8) % n + 1
end

local function sieve(n)
    local composite, primes = {}, {}
    for i = 2, n do
        if not composite[i] then
            primes[#primes + 1] = i
            for j = i * i, n, i do composite[j] = true end
        end
    end
    return primes
end

local function counts(n, kinds)
    local seen = {}
    for _ = 1, n do
        local key = random(kinds) * 7919
        seen[key] = (seen[key] or 0) + 1
    end
    return seen
end

local function sorted(seen)
    local keys = {}
    for key in pairs(seen) do keys[#keys + 1] = key end
    table.sort(keys)
    return keys
end

local function rows(n)
    local made = {}
    for i = 1, n do
        made[i] = {}
        for j = 1, n do made[i][j] = i * j % 97 end
    end
    return made
end

local function text(n)
    local parts = {}
    for i = 1, n do parts[i] = "item " .. random(5000) end
    local whole = table.concat(parts, "\n")
    return (whole:gsub("%d+", function(d) return d + 1 end)):upper()
end

local kept = {}
for round = 1, 12 do
    kept[round % 4] = {sieve(20000 + 9000 * round),
                       sorted(counts(8000 * round, 4000 * round)), rows(60)}
    kept[4 + round % 3] = text(800 * round)
    print(round, #kept[round % 4][1], #kept[4 + round % 3])
end
