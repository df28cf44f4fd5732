//! Random functions with branches, loops, tables, calls, memory and more values than registers, compared with the
//! interpreter on random arguments.
//!
//! `RESILIENT_FUZZ=N` takes `N` functions instead of a few, and `RESILIENT_FUZZ_SEED` starts elsewhere.

mod harness;

use std::fmt::Write;

use harness::{Random, differences, parse, random_calls, targets};

const TYPES: [&str; 6] = ["i8", "i16", "i32", "i64", "f32", "f64"];

/// Functions that the random ones call: arguments in registers and memory, several results.
const CALLEES: &str = "
function %h0(i64, i32, i64, i8, i64) -> i64, i32 tail {
block0(v0: i64, v1: i32, v2: i64, v3: i8, v4: i64):
    v5 = iadd v0, v2
    v6 = uextend.i64 v3
    v7 = isub v5, v6
    v8 = bxor v7, v4
    v9 = ireduce.i32 v0
    v10 = imul v9, v1
    return v8, v10
}
function %h1(i8, i32, i16, i64) -> i32 system_v {
block0(v0: i8, v1: i32, v2: i16, v3: i64):
    v4 = sextend.i32 v0
    v5 = uextend.i32 v2
    v6 = iadd v4, v5
    v7 = ireduce.i32 v3
    v8 = bxor v6, v7
    v9 = isub v8, v1
    return v9
}
function %h2(f64, f32, i64, f64, f32) -> f64 tail {
block0(v0: f64, v1: f32, v2: i64, v3: f64, v4: f32):
    v5 = fadd v0, v3
    v6 = fsub v1, v4
    v7 = fpromote.f64 v6
    v8 = fcvt_from_sint.f64 v2
    v9 = fadd v7, v8
    v10 = fmul v5, v9
    return v10
}
";

struct Generator {
    random: Random,
    text: String,
    n_values: usize,
    n_blocks: usize,
    /// Values that can be used here.
    values: Vec<(usize, &'static str)>,
}

impl Generator {
    fn new(seed: u64) -> Generator {
        let mut random = Random(seed | 1);
        for _ in 0..8 {
            random.next();
        }
        Generator { random, text: String::new(), n_values: 0, n_blocks: 0, values: Vec::new() }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "    {line}");
    }

    fn fresh(&mut self, ty: &'static str) -> usize {
        let value = self.n_values;
        self.n_values += 1;
        self.values.push((value, ty));
        value
    }

    fn block(&mut self) -> usize {
        self.n_blocks += 1;
        self.n_blocks - 1
    }

    /// A value of a type: one there is, or a new constant.
    fn value(&mut self, ty: &'static str) -> usize {
        let known: Vec<usize> = self.values.iter().filter(|(_, other)| *other == ty).map(|(value, _)| *value).collect();
        if !known.is_empty() && self.random.below(6) != 0 {
            return self.random.pick(&known);
        }
        let constant = match ty {
            "f32" => format!("f32const {}", self.random.pick(&["0x1.0p0", "-0x1.8p1", "0x1.99999ap-4", "0x0.0"])),
            "f64" => {
                format!("f64const {}", self.random.pick(&["0x1.0p0", "-0x1.8p1", "0x1.999999999999ap-4", "0x0.0"]))
            }
            _ => {
                let bits = self.random.bits();
                let value = match ty {
                    "i8" => i64::from(bits as i8),
                    "i16" => i64::from(bits as i16),
                    "i32" => i64::from(bits as i32),
                    _ => bits as i64,
                };
                format!("iconst.{ty} {value}")
            }
        };
        let value = self.fresh(ty);
        self.line(&format!("v{value} = {constant}"));
        value
    }

    fn int_type(&mut self) -> &'static str {
        self.random.pick(&["i8", "i16", "i32", "i32", "i64", "i64", "i64"])
    }

    /// A new value of some type.
    fn inst(&mut self) {
        match self.random.below(16) {
            0..=4 => {
                let ops = ["iadd", "isub", "imul", "band", "bor", "bxor", "iadd", "umin", "smax"];
                let (ty, op) = (self.int_type(), self.random.pick(&ops));
                let (a, b) = (self.value(ty), self.value(ty));
                let value = self.fresh(ty);
                self.line(&format!("v{value} = {op} v{a}, v{b}"));
            }
            5 => {
                let (ty, op) = (self.int_type(), self.random.pick(&["ishl", "ushr", "sshr"]));
                let amount_ty = self.random.pick(&["i8", "i32", "i64"]);
                let (a, b) = (self.value(ty), self.value(amount_ty));
                let value = self.fresh(ty);
                self.line(&format!("v{value} = {op} v{a}, v{b}"));
            }
            6 => {
                let (ty, op) = (self.int_type(), self.random.pick(&["ineg", "bnot", "iabs"]));
                let a = self.value(ty);
                let value = self.fresh(ty);
                self.line(&format!("v{value} = {op} v{a}"));
            }
            7 | 8 => self.conversion(),
            9 => {
                let value = self.condition();
                let ty = self.random.pick(&TYPES);
                let (a, b) = (self.value(ty), self.value(ty));
                let selected = self.fresh(ty);
                self.line(&format!("v{selected} = select v{value}, v{a}, v{b}"));
            }
            10 | 11 => {
                let (ty, op) = (self.random.pick(&["f32", "f64"]), self.random.pick(&["fadd", "fsub", "fmul", "fdiv"]));
                let (a, b) = (self.value(ty), self.value(ty));
                let value = self.fresh(ty);
                self.line(&format!("v{value} = {op} v{a}, v{b}"));
            }
            12 => self.division(),
            13 => self.memory(),
            14 => self.call(),
            _ => {
                let value = self.condition();
                self.values.push((value, "i8"));
            }
        }
    }

    fn conversion(&mut self) {
        let ranks = ["i8", "i16", "i32", "i64"];
        let (a, b) = (self.random.below(4) as usize, self.random.below(4) as usize);
        let (from, to) = (ranks[a], ranks[b]);
        let op = match a.cmp(&b) {
            std::cmp::Ordering::Less => self.random.pick(&["uextend", "sextend"]),
            std::cmp::Ordering::Greater => "ireduce",
            std::cmp::Ordering::Equal => {
                let (arg, to) = (self.value(from), self.random.pick(&["f32", "f64"]));
                let op = self.random.pick(&["fcvt_from_sint", "fcvt_from_uint"]);
                let value = self.fresh(to);
                return self.line(&format!("v{value} = {op}.{to} v{arg}"));
            }
        };
        let arg = self.value(from);
        let value = self.fresh(to);
        self.line(&format!("v{value} = {op}.{to} v{arg}"));
    }

    /// A bool.
    fn condition(&mut self) -> usize {
        if self.random.below(5) == 0 {
            let (ty, cond) = (
                self.random.pick(&["f32", "f64"]),
                self.random.pick(&["lt", "eq", "ne", "ge", "uno", "one", "ueq", "ult"]),
            );
            let (a, b) = (self.value(ty), self.value(ty));
            let value = self.fresh("i8");
            self.line(&format!("v{value} = fcmp {cond} v{a}, v{b}"));
            return value;
        }
        let ty = self.int_type();
        let cond = self.random.pick(&["eq", "ne", "slt", "sge", "sgt", "sle", "ult", "uge", "ugt", "ule"]);
        let (a, b) = (self.value(ty), self.value(ty));
        let value = self.fresh("i8");
        self.line(&format!("v{value} = icmp {cond} v{a}, v{b}"));
        value
    }

    /// By a number that is not zero and not -1.
    fn division(&mut self) {
        let (ty, op) = (self.int_type(), self.random.pick(&["udiv", "sdiv", "urem", "srem"]));
        let (a, b) = (self.value(ty), self.value(ty));
        let mask = self.fresh(ty);
        self.line(&format!("v{mask} = iconst.{ty} 63"));
        let (masked, one) = (self.fresh(ty), self.fresh(ty));
        self.line(&format!("v{masked} = band v{b}, v{mask}"));
        self.line(&format!("v{one} = iconst.{ty} 1"));
        let divisor = self.fresh(ty);
        self.line(&format!("v{divisor} = bor v{masked}, v{one}"));
        let value = self.fresh(ty);
        self.line(&format!("v{value} = {op} v{a}, v{divisor}"));
    }

    fn memory(&mut self) {
        let ty = self.random.pick(&TYPES);
        let value = self.value(ty);
        let address = self.n_values;
        self.n_values += 1;
        let (slot, offset) = (self.random.below(2), 8 * self.random.below(4));
        self.line(&format!("v{address} = stack_addr.i32 ss{slot}+{offset}"));
        let flags = self.random.pick(&["", "notrap aligned "]);
        self.line(&format!("store {flags}v{value}, v{address}"));
        for _ in 0..self.random.below(2) {
            self.inst();
        }
        let loaded = self.fresh(ty);
        self.line(&format!("v{loaded} = load.{ty} {flags}v{address}"));
    }

    fn call(&mut self) {
        let (name, params, results): (_, &[&'static str], &[&'static str]) = match self.random.below(3) {
            0 => ("fn0", &["i64", "i32", "i64", "i8", "i64"], &["i64", "i32"]),
            1 => ("fn1", &["i8", "i32", "i16", "i64"], &["i32"]),
            _ => ("fn2", &["f64", "f32", "i64", "f64", "f32"], &["f64"]),
        };
        let args: Vec<_> = params.iter().map(|ty| format!("v{}", self.value(ty))).collect();
        let results: Vec<_> = results.iter().map(|ty| format!("v{}", self.fresh(ty))).collect();
        self.line(&format!("{} = call {name}({})", results.join(", "), args.join(", ")));
    }

    /// Instructions, with control flow inside down to a depth.
    fn body(&mut self, depth: u64) {
        for _ in 0..2 + self.random.below(4) {
            for _ in 0..self.random.below(6) {
                self.inst();
            }
            if depth > 0 {
                match self.random.below(4) {
                    0 => self.either(depth),
                    1 => self.looped(depth),
                    2 => self.table(depth),
                    _ => {}
                }
            }
        }
    }

    fn params(&mut self, block: usize, types: &[&'static str]) {
        let params: Vec<_> = types.iter().map(|ty| format!("v{}: {ty}", self.fresh(ty))).collect();
        let list = if params.is_empty() { String::new() } else { format!("({})", params.join(", ")) };
        let _ = writeln!(self.text, "block{block}{list}:");
    }

    fn some_types(&mut self) -> Vec<&'static str> {
        (0..self.random.below(4)).map(|_| self.random.pick(&TYPES)).collect()
    }

    fn args(&mut self, types: &[&'static str]) -> String {
        let args: Vec<_> = types.iter().map(|ty| format!("v{}", self.value(ty))).collect();
        if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) }
    }

    fn either(&mut self, depth: u64) {
        let (then, otherwise, join) = (self.block(), self.block(), self.block());
        let types = self.some_types();
        let cond = self.condition();
        // Sometimes one side goes straight on, over a critical edge.
        let straight = self.random.below(3) == 0;
        if straight {
            let args = self.args(&types);
            self.line(&format!("brif v{cond}, block{then}, block{join}{args}"));
        } else {
            self.line(&format!("brif v{cond}, block{then}, block{otherwise}"));
        }
        let known = self.values.len();
        for block in [Some(then), (!straight).then_some(otherwise)].into_iter().flatten() {
            let _ = writeln!(self.text, "block{block}:");
            self.body(depth - 1);
            let args = self.args(&types);
            self.line(&format!("jump block{join}{args}"));
            self.values.truncate(known);
        }
        self.params(join, &types);
    }

    fn looped(&mut self, depth: u64) {
        let (header, exit) = (self.block(), self.block());
        let mut types = self.some_types();
        types.insert(0, "i32");
        let start = self.n_values;
        self.n_values += 1;
        let rounds = 1 + self.random.below(3);
        self.line(&format!("v{start} = iconst.i32 {rounds}"));
        let args: Vec<_> = types[1..].to_vec();
        let args: Vec<_> = args.iter().map(|ty| format!(", v{}", self.value(ty))).collect();
        self.line(&format!("jump block{header}(v{start}{})", args.concat()));
        let known = self.values.len();
        let counter = self.n_values;
        self.params(header, &types);
        self.body(depth - 1);
        let (one, less) = (self.n_values, self.n_values + 1);
        self.n_values += 2;
        self.line(&format!("v{one} = iconst.i32 1"));
        self.line(&format!("v{less} = isub v{counter}, v{one}"));
        let args: Vec<_> = types[1..].iter().map(|ty| format!(", v{}", self.value(ty))).collect();
        let exit_types = self.some_types();
        let exit_args = self.args(&exit_types);
        self.line(&format!("brif v{less}, block{header}(v{less}{}), block{exit}{exit_args}", args.concat()));
        self.values.truncate(known);
        self.params(exit, &exit_types);
    }

    fn table(&mut self, depth: u64) {
        let targets: Vec<usize> = (0..1 + self.random.below(5)).map(|_| self.block()).collect();
        let join = self.block();
        let types = self.some_types();
        let index = self.value("i32");
        let mask = self.n_values;
        self.n_values += 2;
        self.line(&format!("v{mask} = iconst.i32 7"));
        self.line(&format!("v{} = band v{index}, v{mask}", mask + 1));
        let args = self.args(&types);
        let calls: Vec<_> = targets.iter().map(|target| format!("block{target}")).collect();
        let default = format!("block{join}{args}");
        self.line(&format!("br_table v{}, {default}, [{}, {default}, {}]", mask + 1, calls.join(", "), calls[0]));
        let known = self.values.len();
        for target in targets {
            let _ = writeln!(self.text, "block{target}:");
            self.body(depth.saturating_sub(2));
            let args = self.args(&types);
            self.line(&format!("jump block{join}{args}"));
            self.values.truncate(known);
        }
        self.params(join, &types);
    }

    /// A function whose result depends on all values that are there at its end.
    fn function(mut self, name: &str) -> String {
        let params: Vec<_> = (0..self.random.below(6)).map(|_| self.random.pick(&TYPES)).collect();
        let entry = self.block();
        self.params(entry, &params);
        self.body(3);
        let mut sum = self.value("i64");
        for (value, ty) in self.values.clone() {
            let wide = match ty {
                "i64" => value,
                "f32" | "f64" => {
                    let zero = self.value(ty);
                    let less = self.fresh("i8");
                    self.line(&format!("v{less} = fcmp lt v{value}, v{zero}"));
                    let wide = self.fresh("i64");
                    self.line(&format!("v{wide} = uextend.i64 v{less}"));
                    wide
                }
                _ => {
                    let wide = self.fresh("i64");
                    self.line(&format!("v{wide} = sextend.i64 v{value}"));
                    wide
                }
            };
            let next = self.fresh("i64");
            let op = self.random.pick(&["iadd", "isub", "bxor"]);
            self.line(&format!("v{next} = {op} v{sum}, v{wide}"));
            sum = next;
        }
        self.line(&format!("return v{sum}"));
        format!(
            "function %{name}({}) -> i64 system_v {{\n    ss0 = explicit_slot 32\n    ss1 = explicit_slot 40, align = 8\n    \
             sig0 = (i64, i32, i64, i8, i64) -> i64, i32 tail\n    sig1 = (i8, i32, i16, i64) -> i32 system_v\n    \
             sig2 = (f64, f32, i64, f64, f32) -> f64 tail\n    fn0 = %h0 sig0\n    fn1 = %h1 sig1\n    fn2 = %h2 sig2\n{}}}\n",
            params.join(", "),
            self.text
        )
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_functions() {
    let (count, seed) = (number("RESILIENT_FUZZ", 40), number("RESILIENT_FUZZ_SEED", 1));
    let text: String = (seed..seed + count)
        .map(|seed| Generator::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).function(&format!("r{seed}")))
        .collect();
    let functions = parse(&format!("{CALLEES}{text}"));
    let calls = random_calls(&functions, 6, &mut Random(seed.wrapping_mul(77) | 1));
    let enough = calls.len() as u64 >= 3 * count;
    assert!(enough, "only {} calls ended in time", calls.len());
    let mut wrong = String::new();
    for (name, target) in targets() {
        let found = differences(&format!("fuzz-{seed}-{name}"), &functions, &calls, &target)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for line in found.iter().take(5) {
            let _ = writeln!(wrong, "{name}: {line}");
        }
    }
    let culprit = functions.iter().find(|function| wrong.contains(&format!("{}(", function.name)));
    assert!(wrong.is_empty(), "{wrong}\n{}", culprit.map_or(String::new(), ToString::to_string));
}
