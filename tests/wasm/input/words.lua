-- Real input for lua-cli.wasm; the expected output is in words.lua.out (run with the arguments: one two).
print("arguments", #arg, arg[1], arg[2])

local text = [[the quick brown fox jumps over the lazy dog while the other dog sleeps and the fox runs]]
local count = {}
for word in text:gmatch("%a+") do count[word] = (count[word] or 0) + 1 end
local words = {}
for word in pairs(count) do words[#words + 1] = word end
table.sort(words, function(a, b) return count[a] > count[b] or count[a] == count[b] and a < b end)
for i = 1, 4 do print(words[i], count[words[i]]) end

local Stack = {}
Stack.__index = Stack
function Stack.new() return setmetatable({ n = 0 }, Stack) end
function Stack:push(v) self.n = self.n + 1; self[self.n] = v end
function Stack:pop() local v = self[self.n]; self[self.n] = nil; self.n = self.n - 1; return v end

local function queens(n)
  local solutions, cols, up, down = 0, {}, {}, {}
  local function place(row)
    if row > n then solutions = solutions + 1; return end
    for c = 1, n do
      if not (cols[c] or up[row + c] or down[row - c]) then
        cols[c], up[row + c], down[row - c] = true, true, true
        place(row + 1)
        cols[c], up[row + c], down[row - c] = nil, nil, nil
      end
    end
  end
  place(1)
  return solutions
end

local stack = Stack.new()
for n = 4, 8 do stack:push(n .. " queens: " .. queens(n)) end
while stack.n > 0 do print(stack:pop()) end

print(string.format("%.10f %5d|%-5s|%q", math.pi, 42, "ab", "line\n"))
print(2 ^ 53, 7 // 2, -7 // 2, -7 % 3, 7 / 2, 1 << 40, math.maxinteger)
print(("abc"):rep(3, "-"), ("x=1, y=2"):gsub("(%w)=(%w)", "%2=%1"))
print(utf8.char(72, 228, 8364), utf8.len("Grüße"))
