-- Arithmetic, bitwise operators and conversions (manual, 3.4.1 to 3.4.3)
local n = 0
local function eq(a, b, what) n = n + 1 if a ~= b and (a == a or b == b) then error((what or "") .. ": got " .. tostring(a) .. ", want " .. tostring(b), 2) end end
local function same(a, b, what) eq(math.type(a) or type(a), math.type(b) or type(b), what) eq(a, b, what) end
local function ok(v, what) n = n + 1 if not v then error(what or "does not hold", 2) end end
local function fails(want, f, ...) n = n + 1 local good, e = pcall(f, ...) if good then error("no error, want " .. want, 2) end if not tostring(e):find(want, 1, true) then error("got error " .. tostring(e) .. ", want " .. want, 2) end end
local function code(want, src, ...) local f, e = load(src, "=src") if not f then return fails(want, error, e) end fails(want, f, ...) end
local function list(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end return table.concat(t, " ") end
local ints = {0, 1, -1, 2, -2, 3, 7, -7, 10, 63, 64, 255, 65536, 1 << 31, -(1 << 31), 1 << 32, (1 << 53) + 1, math.maxinteger, math.mininteger, math.maxinteger - 1}
for _, a in ipairs(ints) do
  same(a + 0, a) same(a - a, 0) same(a * 1, a) same(-(-a), a) same(~~a, a) same(a ~ a, 0) same(a & -1, a) same(a | 0, a) same(a << 0, a) same(a >> 0, a)
  same(a / 1, a + 0.0) same(a // 1, a) same(a % 1, 0) same(tostring(a), string.format("%d", a)) same(tonumber(tostring(a)), a)
  same(a << 64, 0) same(a >> 64, 0) same(a << -1, a >> 1) same((string.unpack("<i8", string.pack("<i8", a))), a)
  for _, b in ipairs(ints) do
    same(a + b - b, a) same(a * b, b * a) same((a & b) | (a ~ b), a | b) same((a << (b & 63)) >> (b & 63), a & (-1 >> (b & 63)))
    if b ~= 0 then same(a // b * b + a % b, a) ok(a % b == 0 or (a % b < 0) == (b < 0)) end
    ok((a < b) == not (b <= a)) ok((a == b) == (a <= b and b <= a)) ok(math.ult(a, b) == (a ~ math.mininteger < b ~ math.mininteger))
  end
end
same(7 // 2, 3) same(-7 // 2, -4) same(7 // -2, -4) same(7.5 // 2, 3.0) same(-7 % 3, 2) same(7 % -3, -2) same(-7.5 % 2, 0.5)
same(5.3 % math.huge, 5.3) same(-5.3 % math.huge, math.huge) same(1e308 * 10, math.huge) same(2 ^ 10, 1024.0) same(10 / 2, 5.0)
same(3 | 0, 3) same(3.0 | 0, 3) same("10" + 5, 15) same("0x10" * 2, 32) same("3.0" + 1, 4.0) same(10 .. 20, "1020") same(1.5 .. "", "1.5")
same(-2 ^ 2, -4.0) same(2 ^ 3 ^ 2, 512.0) same(not 1 == 2, false) same(1 .. 2 == "12", true) same(2 * 3 + 4 // 3 - 1, 6) same(1 << 2 + 1, 8)
same(1 // 0.0, math.huge) same(-1 // 0.0, -math.huge) ok(0/0 ~= 0/0) same(math.maxinteger + 1, math.mininteger) same(math.mininteger // -1, math.mininteger) same(math.mininteger % -1, 0)
same(1 == 1.0, true) same(math.maxinteger + 0.0 == math.maxinteger, false) same(math.maxinteger < 2^63, true) same(math.mininteger <= -2^63, true) same((1 << 53) + 1 > 2^53, true)
ok(not (0/0 < 1)) ok(not (1 < 0/0)) ok(not (0/0 <= 0/0)) ok(1 < math.huge) ok(math.mininteger > -math.huge)
fails("attempt to perform 'n%0'", function() return 1 % 0 end) fails("divide by zero", function() return 1 // 0 end)
fails("number has no integer representation", function() return 1.5 | 1 end) fails("no integer representation", function() return 2^64 & 1 end)
code("attempt to perform arithmetic on a nil value (local 'x')", "local x; return x + 1") code("attempt to perform arithmetic on a nil value (global 'zz')", "return 1 - zz")
code("attempt to perform arithmetic on a table value", "return -{}") code("attempt to perform bitwise operation on a nil value (field 'y')", "local x = {}; return x.y & 1")
code("attempt to concatenate a nil value (local 'b')", "local a, b = 1; return a .. b") code("attempt to concatenate a table value (field 'c')", "local t = {c = {}} return t.c .. 'x'")
code("attempt to compare number with nil", "return 1 < nil") code("attempt to compare nil with number", "return 1 > nil") code("attempt to compare two table values", "return {} <= {}") code("attempt to compare number with string", "return 1 < '2'")
code("attempt to index a nil value (upvalue 'u')", "local u; return (function() return u.x end)()") code("attempt to index a number value (field 'q')", "local t = {q = 1}; t.q.z.y = 1") code("attempt to call a nil value (global 'nofn')", "nofn()")
code("attempt to call a nil value (method 'm')", "local t = {}; t:m()") code("attempt to call a nil value (field 'f')", "local t = {}; t.f()") code("attempt to call a number value", "local t = {5}; t[1]()") code("attempt to get length of a nil value (local 'x')", "local x; return #x")
code("bad 'for' initial value (number expected, got string)", "for i = 'a', 2 do end") code("bad 'for' limit (number expected, got table)", "for i = 1, {} do end") code("bad 'for' step (number expected, got table)", "for i = 1, 2, {} do end") code("'for' step is zero", "for i = 1, 2, 0 do end")
code("src:3: boom", "\n\nerror('boom')") code("src:1: attempt to index a nil value (local 'a')", "local a; a.b = 1")
for _, s in ipairs{"0", "1", "-1", "  7  ", "0x1F", "0X.8p1", "1e2", ".5", "5.", "0x1p-2", "1E+2", "9223372036854775807", "9223372036854775808", "0xffffffffffffffffff", "1e400"} do ok(tonumber(s), s) same(tonumber(s), load("return " .. s)()) end
for _, s in ipairs{"", " ", "x", "1e", "0x", "1 2", "--1", "1e+", "nan", "inf", "0x1p", "1_000", "1.2.3", "- 1", "\0", "1\0"} do same(tonumber(s), nil, s) end
same(9223372036854775808, 2^63) same(0xffffffffffffffff, -1) same(0x7fffffffffffffff, math.maxinteger) same(1e1, 10.0) same(0x.8p1, 1.0) same(3e-2, 0.03) same(0xA.8, 10.5)
for _, c in ipairs{{1e15, "1e+15"}, {1e14, "1e+14"}, {123456789012345.0, "1.2345678901234e+14"}, {0.1, "0.1"}, {1/3, "0.33333333333333"}, {100.0, "100.0"}, {-0.0, "-0.0"}, {1e100, "1e+100"}, {2^63, "9.2233720368548e+18"}, {math.pi, "3.1415926535898"}, {1e-5, "1e-05"}, {12345678.5, "12345678.5"}, {math.huge, "inf"}} do same(tostring(c[1]), c[2]) end

print(n .. " assertions hold")
