-- Blocks, control structures, variables and functions (manual, 3.2, 3.3, 3.4.7 to 3.5)
local n = 0
local function eq(a, b, what) n = n + 1 if a ~= b and (a == a or b == b) then error((what or "") .. ": got " .. tostring(a) .. ", want " .. tostring(b), 2) end end
local function same(a, b, what) eq(math.type(a) or type(a), math.type(b) or type(b), what) eq(a, b, what) end
local function ok(v, what) n = n + 1 if not v then error(what or "does not hold", 2) end end
local function fails(want, f, ...) n = n + 1 local good, e = pcall(f, ...) if good then error("no error, want " .. want, 2) end if not tostring(e):find(want, 1, true) then error("got error " .. tostring(e) .. ", want " .. want, 2) end end
local function code(want, src, ...) local f, e = load(src, "=src") if not f then return fails(want, error, e) end fails(want, f, ...) end
local function list(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end return table.concat(t, " ") end
local function range(a, b, c) local t = {} for i = a, b, c or 1 do t[#t + 1] = tostring(i) end return table.concat(t, " ") end
same(range(1, 3), "1 2 3") same(range(3, 1), "") same(range(3, 1, -1), "3 2 1") same(range(1, 2, 0.5), "1.0 1.5 2.0") same(range(1.0, 3), "1.0 2.0 3.0") same(range(1, 3.9), "1 2 3") same(range(3, 1.1, -1), "3 2")
same(range(math.maxinteger - 1, math.huge), math.maxinteger - 1 .. " " .. math.maxinteger) same(range(math.mininteger, -math.huge, -1), "" .. math.mininteger) same(range(1, -math.huge), "") same(range(math.maxinteger, math.maxinteger), "" .. math.maxinteger) same(range(1, 0/0), "") same(range(math.mininteger, math.maxinteger, math.maxinteger), math.mininteger .. " -1 " .. math.maxinteger - 1)
do local s = 0 for i = 1, 10 do if i % 2 == 0 then goto continue end s = s + i ::continue:: end same(s, 25) end
do local i = 0 while true do i = i + 1 if i > 5 then break end end same(i, 6) end
do local i = 0 repeat local done = i >= 3 i = i + 1 until done same(i, 4) end
do local r = {} for i = 1, 3 do for j = 1, 3 do if j == 2 then break end r[#r + 1] = i * 10 + j end end same(table.concat(r, " "), "11 21 31") end
do local f = {} for i = 1, 3 do local j = i * 2 f[i] = function() j = j + 1 return i + j end end same(f[1](), 4) same(f[1](), 5) same(f[2](), 7) same(f[3](), 10) end
do local f = {} local i = 1 while i <= 3 do local j = i f[i] = function() return j end i = i + 1 end same(f[1]() + f[2]() + f[3](), 6) end
do local f = {} local i = 1 repeat local j = i f[i] = function() j = j + 1 return j end i = i + 1 until f[i - 1]() > 3 same(f[1](), 3) same(f[3](), 5) end
do local f = {} do local k = 0 ::top:: local x = k f[#f + 1] = function() return x end k = k + 1 if k < 3 then goto top end end same(f[1](), 0) same(f[2](), 1) same(f[3](), 2) end
do goto skip; ::back:: goto out; ::skip:: goto back; ::out:: end
local function va(...) local a, b = ... return select("#", ...), a, b, ... end
same(list(va()), "0 nil nil") same(list(va(1)), "1 1 nil 1") same(list(va(nil, nil)), "2 nil nil nil nil") same((va(1, 2)), 2) same(#{va(1, 2, 3)}, 6) same(select("#", va(), va()), 4)
same(select(2, "a", "b", "c"), "b") same(list(select(-2, "a", "b", "c")), "b c") fails("index out of range", select, 0) same(list(table.unpack({1, 2, 3}, 2)), "2 3") same(list((function(...) return ... end)(1, nil, 3)), "1 nil 3")
do local a <const>, b <const> = 5, "x" same(a .. b, "5x") same((function() return a end)(), 5) end
do local i, t = 1, {} i, t[i] = i + 1, 20 same(i, 2) same(t[1], 20) local a, b, c = 1, 2 same(c, nil) a, b = b, a same(a, 2) same(b, 1) local x, y = (function() return 1, 2 end)() same(y, 2) local p, q = ((function() return 1, 2 end)()) same(q, nil) end
do local t = {1, 2, 3} local i = 1 t[i], t[i + 1], i = "a", "b", 9 same(t[1] .. t[2], "ab") same(i, 9) local a = {} local b = a a.x, a = 1, nil same(b.x, 1) end
do local t = {10, 20, x = 1, ["y z"] = 2, [5] = 3, 30; 40, (function() return 50, 60 end)()} same(#t >= 5, true) same(t[3], 30) same(t[4], 40) same(t[5], 50) same(t[6], 60) same(t["y z"], 2) same(#{nil}, 0) same(#{n = 1}, 0) same(#{(va(1, 2))}, 1) end
do local t = {} for i = 1, 200 do t[i] = i end local u = {table.unpack(t)} same(#u, 200) same(u[200], 200) end
same((nil and 1), nil) same((false or nil), nil) same(1 and 2, 2) same(nil or 2, 2) same(false and error() or 3, 3) same(1 or error(), 1) same(not not nil, false) same(1 < 2 == true, true) same("a" < "b", true) same("a" < "B", false) same("" < "a", true) same("a\0b" < "a\0c", true) same("Z" < "a", true)
do local x = 5 x = x > 3 and x - 1 or x same(x, 4) local y = x == 4 same(y, true) y = not (x == 4 or x == 5) same(y, false) local z = x ~= 4 and 1 same(z, false) local w = x == 1 or x == 2 or "d" same(w, "d") end
do local function f(n) if n == 0 then return "end" end return f(n - 1) end same(f(100000), "end") local function g(n, ...) if n == 0 then return select("#", ...) end return g(n - 1, n, ...) end same(g(100), 100) end
do local log = {} local function c(name) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. tostring(e) end}) end
  do local a <close> = c"a" local b <close> = c"b" end same(table.concat(log, " "), "b:nil a:nil") log = {}
  local function f() local a <close> = c"a" return "r1", "r2" end same(list(f()), "r1 r2") same(log[1], "a:nil") log = {}
  ok(not pcall(function() local a <close> = c"a" error("E", 0) end)) same(log[1], "a:E") log = {}
  for i = 1, 2 do local a <close> = c("i" .. i) if i == 1 then goto cont end ::cont:: end same(table.concat(log, " "), "i1:nil i2:nil") log = {}
  for k in (function(s, k) k = (k or 0) + 1 if k < 3 then return k end end), nil, nil, c"it" do if k == 2 then break end end same(log[1], "it:nil") log = {}
  while true do local x <close> = c"w" break end same(log[1], "w:nil") log = {} local n1 <close> = nil local n2 <close> = false
  local co = coroutine.wrap(function() local a <close> = c"co" coroutine.yield(1) return 2 end) same(co(), 1) same(#log, 0) same(co(), 2) same(log[1], "co:nil") log = {}
  local co = coroutine.create(function() local a <close> = c"k" coroutine.yield(1) end) coroutine.resume(co) ok(coroutine.close(co)) same(log[1], "k:nil") same(coroutine.status(co), "dead") log = {}
  local good, e = pcall(function() local a <close> = setmetatable({}, {__close = function(_, e) error(tostring(e) .. "2", 0) end}) error("1", 0) end) same(e, "12") end
code("variable 'x' got a non-closable value", "local x <close> = {}") code("attempt to assign to const variable 'x'", "local x <const> = 1; x = 2") code("attempt to assign to const variable 'y'", "local y <close> = nil; y = 2") code("unknown attribute 'foo'", "local x <foo> = 1") code("multiple to-be-closed", "local a <close>, b <close> = 1")
for _, c in ipairs{{"goto x", "no visible label 'x'"}, {"break", "break outside loop at line 1"}, {"::a:: ::a::", "label 'a' already defined"}, {"goto f; local x; ::f:: print(x)", "jumps into the scope of local 'x'"}, {"x =", "unexpected symbol near <eof>"}, {"x = }", "unexpected symbol near '}'"}, {"for i do end", "'=' or 'in' expected near 'do'"}, {"if x then", "'end' expected near <eof>"}, {"if x\nthen\n", "'end' expected (to close 'if' at line 1) near <eof>"}, {"f(", "unexpected symbol near <eof>"}, {"(a) = 1", ""}, {"a.b:c = 1", "near '='"}, {"x = 'abc", "unfinished string near <eof>"}, {"x = [[abc", "unfinished long string"}, {"--[[ abc", "unfinished long comment"}, {"x = '\\q'", "invalid escape sequence"}, {"x = '\\300'", "decimal escape too large near ''\\300'"}, {"x = '\\xZ'", "hexadecimal digit expected"}, {"x = '\\u{110000000}'", "UTF-8 value too large"}, {"x = 3x", "malformed number near '3x'"}, {"x = 0x", "malformed number"}, {"return return", "unexpected symbol near 'return'"}, {"return 1 x", "<eof> expected near 'x'"}, {"local function 1", "<name> expected near '1'"}, {"x = ...", ""}, {"function f() return ... end", "cannot use '...' outside a vararg function near '...'"}, {"a + 1", "syntax error near '+'"}, {"a", "syntax error near <eof>"}, {"x = @", "unexpected symbol near '@'"}, {"local x <const>", ""}, {"x = [=abc", "invalid long string delimiter near '[='"}, {"for a.b = 1, 2 do end", "'=' or 'in' expected near '.'"}, {"{}", "unexpected symbol near '{'"}, {"x = function", "'(' expected near <eof>"}} do local f, e = load(c[1], "=s") if c[2] ~= "" then ok(not f, c[1]) ok(e:find(c[2], 1, true), c[1] .. " gives " .. tostring(e)) end end
same(#"\u{7FFFFFFF}", 6) same("\x41\65\z
   \u{48}\
", "AAH\n") same([==[
a]]b]==], "a]]b") same("a\tb", "a" .. string.char(9) .. "b") same(#[[

x]], 2) same(--[==[ c ]] ]==] 1, 1) same(("x"):rep(3), "xxx") same(#"abc" + 1, 4) same(("%d"):format(7), "7")
do local _ENV = {x = 1} x = x + 1 y = x end do local function f(_ENV) return a end same(f({a = 7}), 7) local e = {} local g = load("z = 5 return z", "=e", "t", e) same(g(), 5) same(e.z, 5) same(z, nil) end
do local t = {} function t.a() return 1 end function t:b(x) return self == t and x end t.c = {d = {}} function t.c.d.e() return 3 end function t.c.d:f() return self end same(t.a(), 1) same(t:b(2), 2) same(t.c.d.e(), 3) same(t.c.d:f(), t.c.d) same(t.b{}, false) local s = ("x"):upper() same(s, "X") same(#{[[a]], "b"}, 2) local function str(s) return s end same(str"x" .. str[[y]], "xy") end
do local src = {} for i = 1, 300 do src[i] = "local a" .. i end local f, e = load(table.concat(src, "\n")) ok(not f and e:find("too many local variables", 1, true)) local s = "return " .. ("("):rep(150) .. "1" .. (")"):rep(150) same(load(s)(), 1) ok(not load("return " .. ("("):rep(300) .. "1" .. (")"):rep(300))) ok(not load(("do "):rep(300) .. ("end "):rep(300))) same(load("return " .. ("1+"):rep(5000) .. "1")(), 5001) local c = {} for i = 1, 1000 do c[i] = "x" .. i .. " = " .. i + 0.5 end local e = {} load(table.concat(c, " "), "=c", "t", e)() same(e.x1000, 1000.5) end

print(n .. " assertions hold")
