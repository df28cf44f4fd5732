//! The core: runs bytecode.
//!
//! # State
//!
//! `ip` points to the next instruction, `window` to register 0 of the running function. All windows lie on one stack of
//! words; that of a callee starts `base` words above that of its caller, so that arguments need no copying. The word
//! below a window is its link: the address of the instruction to return to. In the call, which stands right before
//! that instruction, a return finds the distance back and the register for the result. So a call stores one word.
//!
//! A call compares the new window with a limit that leaves room for the largest window of the program; no other
//! instruction checks anything.
//!
//! # Why the unsafe code is right
//!
//! Code comes from [`crate::compile`] only, and [`crate::verify`] has checked that every instruction is whole, that
//! registers and slots lie in the window of their function, that branches and calls lead to instructions of the same
//! function and to functions, that indices are in their tables, that calls and returns agree on results, and that no
//! code runs off its end. An address of a function is the index of its first word. What words *mean* follows from the types of MIR: a register that is used as a string holds a
//! string object with a reference not yet given up.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::{self, NonNull};

use crate::objects::{element, extend, get, get_counted, last_element, len, part, put, release, retain, unique};
use crate::operand::Target;
use crate::ops::{Opcode, fetch};
use crate::program::{Program, RtCall};
use crate::window::{Window, object_word, string_ptr};
use resilient_abi::{LayoutDesc, ObjectHeader, Site, StrHeader};
use resilient_runtime::{array, entry::invoke, fault, leaks, object, string};

/// Words of the stack: 256 MiB of address space; memory is used as far as calls reach.
const STACK_WORDS: usize = 1 << 25;

/// With less, only a machine without memory has to do.
const SMALLEST_STACK_WORDS: usize = 1 << 12;

/// Words below the window that calls the top level.
const BOTTOM: usize = 1;

/// The stack of windows.
struct Stack {
    words: NonNull<u64>,
    len: usize,
}

impl Stack {
    /// A stack with room for `BOTTOM` and two windows at least. Takes less than wanted where there is not enough.
    fn new(max_window: usize) -> Stack {
        let smallest = (BOTTOM + 2 * max_window).max(SMALLEST_STACK_WORDS);
        let mut len = smallest.max(STACK_WORDS);
        loop {
            if let Ok(layout) = Layout::array::<u64>(len) {
                // SAFETY: the size is not zero.
                if let Some(words) = NonNull::new(unsafe { alloc_zeroed(layout) }) {
                    return Stack { words: words.cast(), len };
                }
            }
            if len == smallest {
                fault::report_at(None, fault::OUT_OF_MEMORY);
            }
            len = (len / 2).max(smallest);
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let layout = Layout::array::<u64>(self.len).expect("it was allocated with this layout");
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.words.as_ptr().cast(), layout) };
    }
}

/// What instructions refer to by index, and the limit of the stack.
struct Tables {
    code: *const u32,
    strings: *const *const StrHeader,
    layouts: *const *const LayoutDesc,
    globals: *mut u64,
    sites: *const *const Site,
    caller_site: *mut Site,
    fn_values: *const *const ObjectHeader,
    rt_calls: *const RtCall,
    limit: *const u64,
}

/// Runs a program from the start; gives the status of its top level.
pub(crate) fn run(program: &Program) -> i64 {
    let stack = Stack::new(program.max_window);
    let mut globals: Vec<u64> = program.globals.iter().map(|global| global.init).collect();
    let words = stack.words.as_ptr();
    let tables = Tables {
        code: program.code.as_ptr(),
        strings: program.strings.as_ptr(),
        layouts: program.layouts.as_ptr(),
        globals: globals.as_mut_ptr(),
        sites: program.sites.as_ptr(),
        caller_site: program.caller_site,
        fn_values: program.fn_values.as_ptr(),
        rt_calls: program.rt_calls.as_ptr(),
        // The last word where a window may start, so that there is room for the largest.
        limit: words.wrapping_add(stack.len - program.max_window),
    };
    // SAFETY: the code was verified; the tables are those of the program; there is room for the first window.
    let status = unsafe { execute(&tables, words.add(BOTTOM)) };
    if leaks::requested() {
        for (_, &word) in program.globals.iter().zip(&globals).filter(|(global, _)| global.is_counted) {
            // SAFETY: a global of a counted type holds an object or null, and nothing reads it any more.
            unsafe { release(word) };
        }
    }
    status
}

/// `a / b`; the compiler has put a check for zero before. The result for zero only has to be some value.
#[inline(always)]
fn divide(a: i64, b: i64) -> i64 {
    if b == -1 { a.wrapping_neg() } else { a.checked_div(b).unwrap_or(0) }
}

/// `a % b`, as [`divide`].
#[inline(always)]
fn remainder(a: i64, b: i64) -> i64 {
    if b == -1 { 0 } else { a.checked_rem(b).unwrap_or(0) }
}

/// What is added to `a` so that a shift by `k` rounds to zero: `2^k - 1` if `a` is negative.
#[inline(always)]
fn pow2_bias(a: i64, k: u8) -> i64 {
    ((a >> 63) as u64).wrapping_shr(64 - k as u32) as i64
}

/// Runs the code from its start until `halt`.
///
/// # Safety
/// The code was verified, the tables are those of its program, and the stack has room for a window at `window`.
unsafe fn execute(tables: &Tables, window: *mut u64) -> i64 {
    let mut ip = tables.code;
    let mut w = Window(window);

    /// Takes the operands of the instruction.
    macro_rules! peek {
        ($op:ident { $($operand:ident),* }) => {
            // SAFETY: verified code holds whole instructions.
            let fetch::$op { $($operand),* } = fetch::$op::read(|i| unsafe { *ip.add(i) });
        };
    }

    /// Takes the operands of the instruction, then steps behind it.
    macro_rules! operands {
        ($op:ident { $($operand:ident),* }) => {
            peek!($op { $($operand),* });
            // SAFETY: as above, and some instruction follows.
            ip = unsafe { ip.add(fetch::$op::WORDS) };
        };
    }

    /// `dst = value`, the value being made of registers read with `int`, `float`, `get`.
    macro_rules! set {
        ($op:ident { $($operand:ident),* } => $value:expr) => {{
            operands!($op { dst, $($operand),* });
            // SAFETY: verified registers lie in the window.
            unsafe { w.set(dst, $value) }
        }};
    }

    /// Branches if the condition holds.
    macro_rules! branch {
        ($op:ident { $($operand:ident),* } if $cond:expr) => {{
            let start = ip;
            operands!($op { $($operand,)* target });
            // SAFETY: verified registers lie in the window, and targets are instructions of the function.
            unsafe {
                if $cond {
                    ip = jump(start, target);
                }
            }
        }};
    }

    /// Enters the window of a callee.
    macro_rules! call {
        ($base:ident, $entry:expr) => {{
            // SAFETY: the window and those below it lie on the stack, so does the sum as long as it is below the limit;
            // up to there the addition cannot leave the allocation by more than one window.
            unsafe {
                let callee = w.0.wrapping_add($base as usize);
                if callee.cast_const() > tables.limit {
                    stack_overflow();
                }
                let entry = $entry;
                *callee.sub(1) = ip.expose_provenance() as u64;
                w = Window(callee);
                ip = tables.code.add(entry as usize);
            }
        }};
    }

    /// Goes back to the caller; `$call` is the kind of call that expects this kind of return. Gives its operands.
    macro_rules! leave {
        ($call:ident) => {{
            ip = ptr::with_exposed_provenance::<u32>(*w.0.sub(1) as usize);
            let call = ip.sub(fetch::$call::WORDS);
            let call = fetch::$call::read(|i| *call.add(i));
            w = Window(w.0.sub(call.base as usize));
            call
        }};
    }

    /// `dst` = what is read at an address with the type.
    macro_rules! read {
        ($op:ident { $($operand:ident),* } => $ty:ty, $address:expr) => {
            set!($op { $($operand),* } => get::<$ty>($address))
        };
    }

    /// Writes `b` to an address with the type.
    macro_rules! write {
        ($op:ident { $($operand:ident),* } => $ty:ty, $address:expr) => {{
            operands!($op { $($operand,)* b });
            // SAFETY: verified registers lie in the window; the object and the place in it are right by the types and
            // checks of MIR.
            unsafe { put::<$ty>($address, w.get(b)) };
        }};
    }

    /// As `write`, for operations with a stride and offset, which stand last.
    macro_rules! write_leaf {
        ($op:ident { $($operand:ident),* } => $ty:ty, |$stride:ident, $offset:ident| $address:expr) => {{
            operands!($op { $($operand,)* b, stride, offset });
            let ($stride, $offset) = (stride, offset);
            // SAFETY: as above.
            unsafe { put::<$ty>($address, w.get(b)) };
        }};
    }

    /// Calls the runtime.
    macro_rules! rt {
        ($f:ident($($arg:ident),*)) => {{
            let call = &*tables.rt_calls.add($f.0 as usize);
            invoke(call.f, &[$(w.get($arg)),*], call.site)
        }};
    }

    loop {
        // SAFETY: verified code has opcodes only.
        let opcode = unsafe { std::mem::transmute::<u8, Opcode>(*ip as u8) };
        match opcode {
            Opcode::Const16 => set!(Const16 { k } => k as i64),
            Opcode::Const32 => set!(Const32 { k } => k as i64),
            Opcode::Const64 => set!(Const64 { k } => k),
            Opcode::ConstStr => set!(ConstStr { s } => (*tables.strings.add(s.0 as usize)).expose_provenance() as u64),
            Opcode::Move => set!(Move { a } => w.get(a)),
            Opcode::Swap => {
                operands!(Swap { a, b });
                // SAFETY: verified registers lie in the window.
                unsafe {
                    let old = w.get(a);
                    w.set(a, w.get(b));
                    w.set(b, old);
                }
            }
            Opcode::LoadFar => set!(LoadFar { slot } => *w.slot(slot)),
            Opcode::StoreFar => {
                operands!(StoreFar { a, slot });
                // SAFETY: verified registers and slots lie in the window.
                unsafe { *w.slot(slot) = w.get(a) };
            }

            Opcode::Neg => set!(Neg { a } => w.int(a).wrapping_neg()),
            Opcode::Add => set!(Add { a, b } => w.int(a).wrapping_add(w.int(b))),
            Opcode::Sub => set!(Sub { a, b } => w.int(a).wrapping_sub(w.int(b))),
            Opcode::Mul => set!(Mul { a, b } => w.int(a).wrapping_mul(w.int(b))),
            Opcode::Div => set!(Div { a, b } => divide(w.int(a), w.int(b))),
            Opcode::Rem => set!(Rem { a, b } => remainder(w.int(a), w.int(b))),
            Opcode::And => set!(And { a, b } => w.get(a) & w.get(b)),
            Opcode::Or => set!(Or { a, b } => w.get(a) | w.get(b)),
            Opcode::Xor => set!(Xor { a, b } => w.get(a) ^ w.get(b)),
            Opcode::Shl => set!(Shl { a, b } => w.int(a).wrapping_shl(w.get(b) as u32)),
            Opcode::Shr => set!(Shr { a, b } => w.int(a).wrapping_shr(w.get(b) as u32)),
            Opcode::AddImm => set!(AddImm { a, k } => w.int(a).wrapping_add(k as i64)),
            Opcode::SubFromImm => set!(SubFromImm { a, k } => (k as i64).wrapping_sub(w.int(a))),
            Opcode::MulImm => set!(MulImm { a, k } => w.int(a).wrapping_mul(k as i64)),
            Opcode::DivImm => set!(DivImm { a, k } => w.int(a).checked_div(k as i64).unwrap_or(0)),
            Opcode::RemImm => set!(RemImm { a, k } => w.int(a).checked_rem(k as i64).unwrap_or(0)),
            Opcode::DivPow2 => set!(DivPow2 { a, k } => {
                let a = w.int(a);
                a.wrapping_add(pow2_bias(a, k)).wrapping_shr(k as u32)
            }),
            Opcode::RemPow2 => set!(RemPow2 { a, k } => {
                let a = w.int(a);
                let bias = pow2_bias(a, k);
                let whole = a.wrapping_add(bias).wrapping_shr(k as u32).wrapping_shl(k as u32);
                a.wrapping_sub(whole)
            }),
            Opcode::AndImm => set!(AndImm { a, k } => w.int(a) & k as i64),
            Opcode::ShlImm => set!(ShlImm { a, k } => w.int(a).wrapping_shl(k as u32)),
            Opcode::ShrImm => set!(ShrImm { a, k } => w.int(a).wrapping_shr(k as u32)),

            Opcode::UDiv => set!(UDiv { a, b } => w.get(a).checked_div(w.get(b)).unwrap_or(0)),
            Opcode::URem => set!(URem { a, b } => w.get(a).checked_rem(w.get(b)).unwrap_or(0)),
            Opcode::UShr => set!(UShr { a, b } => w.get(a).wrapping_shr(w.get(b) as u32)),
            Opcode::UShrImm => set!(UShrImm { a, k } => w.get(a).wrapping_shr(k as u32)),
            Opcode::AddOverflows => set!(AddOverflows { a, b } => w.int(a).checked_add(w.int(b)).is_none()),
            Opcode::SubOverflows => set!(SubOverflows { a, b } => w.int(a).checked_sub(w.int(b)).is_none()),
            Opcode::MulOverflows => set!(MulOverflows { a, b } => w.int(a).checked_mul(w.int(b)).is_none()),
            Opcode::UMulOverflows => set!(UMulOverflows { a, b } => w.get(a).checked_mul(w.get(b)).is_none()),
            Opcode::SExt8 => set!(SExt8 { a } => w.get(a) as i8),
            Opcode::ZExt8 => set!(ZExt8 { a } => w.get(a) as u8),
            Opcode::SExt16 => set!(SExt16 { a } => w.get(a) as i16),
            Opcode::ZExt16 => set!(ZExt16 { a } => w.get(a) as u16),
            Opcode::SExt32 => set!(SExt32 { a } => w.get(a) as i32),
            Opcode::ZExt32 => set!(ZExt32 { a } => w.get(a) as u32),

            Opcode::FNeg => set!(FNeg { a } => -w.float(a)),
            Opcode::FAdd => set!(FAdd { a, b } => w.float(a) + w.float(b)),
            Opcode::FSub => set!(FSub { a, b } => w.float(a) - w.float(b)),
            Opcode::FMul => set!(FMul { a, b } => w.float(a) * w.float(b)),
            Opcode::FDiv => set!(FDiv { a, b } => w.float(a) / w.float(b)),
            Opcode::FFromInt => set!(FFromInt { a } => w.int(a) as f64),
            Opcode::FFromUint => set!(FFromUint { a } => w.get(a) as f64),
            Opcode::FFromF32 => set!(FFromF32 { a } => f64::from(w.float32(a))),

            Opcode::GNeg => set!(GNeg { a } => -w.float32(a)),
            Opcode::GAdd => set!(GAdd { a, b } => w.float32(a) + w.float32(b)),
            Opcode::GSub => set!(GSub { a, b } => w.float32(a) - w.float32(b)),
            Opcode::GMul => set!(GMul { a, b } => w.float32(a) * w.float32(b)),
            Opcode::GDiv => set!(GDiv { a, b } => w.float32(a) / w.float32(b)),
            Opcode::GFromInt => set!(GFromInt { a } => w.int(a) as f32),
            Opcode::GFromUint => set!(GFromUint { a } => w.get(a) as f32),
            Opcode::GFromFloat => set!(GFromFloat { a } => w.float(a) as f32),

            Opcode::Lt => set!(Lt { a, b } => w.int(a) < w.int(b)),
            Opcode::Le => set!(Le { a, b } => w.int(a) <= w.int(b)),
            Opcode::Eq => set!(Eq { a, b } => w.get(a) == w.get(b)),
            Opcode::Ne => set!(Ne { a, b } => w.get(a) != w.get(b)),
            Opcode::LtImm => set!(LtImm { a, k } => w.int(a) < k as i64),
            Opcode::GeImm => set!(GeImm { a, k } => w.int(a) >= k as i64),
            Opcode::EqImm => set!(EqImm { a, k } => w.int(a) == k as i64),
            Opcode::NeImm => set!(NeImm { a, k } => w.int(a) != k as i64),
            Opcode::FLt => set!(FLt { a, b } => w.float(a) < w.float(b)),
            Opcode::FLe => set!(FLe { a, b } => w.float(a) <= w.float(b)),
            Opcode::FEq => set!(FEq { a, b } => w.float(a) == w.float(b)),
            Opcode::FNe => set!(FNe { a, b } => w.float(a) != w.float(b)),
            Opcode::GLt => set!(GLt { a, b } => w.float32(a) < w.float32(b)),
            Opcode::GLe => set!(GLe { a, b } => w.float32(a) <= w.float32(b)),
            Opcode::GEq => set!(GEq { a, b } => w.float32(a) == w.float32(b)),
            Opcode::GNe => set!(GNe { a, b } => w.float32(a) != w.float32(b)),
            Opcode::ULt => set!(ULt { a, b } => w.get(a) < w.get(b)),
            Opcode::ULe => set!(ULe { a, b } => w.get(a) <= w.get(b)),
            Opcode::Not => set!(Not { a } => w.get(a) ^ 1),
            Opcode::Select => set!(Select { c, a, b } => if w.get(c) != 0 { w.get(a) } else { w.get(b) }),

            Opcode::Jump => branch!(Jump {} if true),
            Opcode::BrIf => branch!(BrIf { a } if w.get(a) != 0),
            Opcode::BrIfNot => branch!(BrIfNot { a } if w.get(a) == 0),
            Opcode::BrLt => branch!(BrLt { a, b } if w.int(a) < w.int(b)),
            Opcode::BrLe => branch!(BrLe { a, b } if w.int(a) <= w.int(b)),
            Opcode::BrEq => branch!(BrEq { a, b } if w.get(a) == w.get(b)),
            Opcode::BrNe => branch!(BrNe { a, b } if w.get(a) != w.get(b)),
            Opcode::BrULt => branch!(BrULt { a, b } if w.get(a) < w.get(b)),
            Opcode::BrULe => branch!(BrULe { a, b } if w.get(a) <= w.get(b)),
            Opcode::BrLtImm => branch!(BrLtImm { a, k } if w.int(a) < k as i64),
            Opcode::BrGeImm => branch!(BrGeImm { a, k } if w.int(a) >= k as i64),
            Opcode::BrEqImm => branch!(BrEqImm { a, k } if w.int(a) == k as i64),
            Opcode::BrNeImm => branch!(BrNeImm { a, k } if w.int(a) != k as i64),
            Opcode::BrFLt => branch!(BrFLt { a, b } if w.float(a) < w.float(b)),
            Opcode::BrFLe => branch!(BrFLe { a, b } if w.float(a) <= w.float(b)),
            Opcode::BrFEq => branch!(BrFEq { a, b } if w.float(a) == w.float(b)),
            Opcode::BrFNe => branch!(BrFNe { a, b } if w.float(a) != w.float(b)),
            Opcode::BrNotFLt => branch!(BrNotFLt { a, b } if is_not(w.float(a) < w.float(b))),
            Opcode::BrNotFLe => branch!(BrNotFLe { a, b } if is_not(w.float(a) <= w.float(b))),
            Opcode::AddImmBrLt => branch!(AddImmBrLt { a, b, k } if {
                w.set(a, w.int(a).wrapping_add(k as i64));
                w.int(a) < w.int(b)
            }),
            Opcode::AddImmBrLe => branch!(AddImmBrLe { a, b, k } if {
                w.set(a, w.int(a).wrapping_add(k as i64));
                w.int(a) <= w.int(b)
            }),
            Opcode::AddImmBrLtImm => branch!(AddImmBrLtImm { a, k, limit } if {
                w.set(a, w.int(a).wrapping_add(k as i64));
                w.int(a) < limit as i64
            }),
            Opcode::AddImmBrGeImm => branch!(AddImmBrGeImm { a, k, limit } if {
                w.set(a, w.int(a).wrapping_add(k as i64));
                w.int(a) >= limit as i64
            }),

            Opcode::BrTable => {
                operands!(BrTable { a, n });
                // SAFETY: verified registers lie in the window; `n` jumps follow, and an instruction behind them.
                unsafe {
                    let index = w.get(a);
                    ip = ip.add(fetch::Jump::WORDS * index.min(u64::from(n)) as usize);
                    if index < u64::from(n) {
                        let fetch::Jump { target } = fetch::Jump::read(|i| *ip.add(i));
                        ip = jump(ip, target);
                    }
                }
            }

            Opcode::Call => {
                operands!(Call { dst, base, entry });
                // The return looks at it.
                let _ = dst;
                call!(base, entry.0);
            }
            Opcode::CallVoid => {
                operands!(CallVoid { base, entry });
                call!(base, entry.0);
            }
            Opcode::CallIndirect => {
                operands!(CallIndirect { dst, base, a });
                let _ = dst;
                call!(base, w.get(a));
            }
            Opcode::CallVoidIndirect => {
                operands!(CallVoidIndirect { base, a });
                call!(base, w.get(a));
            }
            Opcode::FuncAddr => set!(FuncAddr { entry } => entry.0),
            Opcode::ConstFn => set!(ConstFn { f } => (*tables.fn_values.add(f.0 as usize)).expose_provenance() as u64),
            Opcode::ConstSite => set!(ConstSite { site } => {
                (*tables.sites.add(site.0 as usize)).expose_provenance() as u64
            }),
            Opcode::CallerSite => {
                operands!(CallerSite { a });
                // SAFETY: by the types of MIR this is the address of a site of the program; the place for the copy belongs
                // to the program too, and only runtime calls read it.
                unsafe {
                    let site = ptr::with_exposed_provenance::<Site>(w.get(a) as usize);
                    ptr::copy(site, tables.caller_site, 1);
                }
            }
            Opcode::Ret => {
                peek!(Ret { a });
                // SAFETY: a call has left the address behind itself in the link, and verified code has the right kind of
                // call. Its register lies in the caller's window.
                unsafe {
                    let value = w.get(a);
                    let call = leave!(Call);
                    w.set(call.dst, value);
                }
            }
            Opcode::RetImm => {
                peek!(RetImm { k });
                // SAFETY: as above.
                unsafe {
                    let call = leave!(Call);
                    w.set(call.dst, k as i64);
                }
            }
            Opcode::RetVoid => {
                // SAFETY: as above.
                unsafe { leave!(CallVoid) };
            }
            Opcode::Halt => {
                peek!(Halt { a });
                // SAFETY: verified registers lie in the window.
                return unsafe { w.int(a) };
            }
            Opcode::Unreachable => unreachable(),

            Opcode::GlobalGet => set!(GlobalGet { g } => *tables.globals.add(g.0 as usize)),
            Opcode::GlobalGetStr => set!(GlobalGetStr { g } => {
                let word = *tables.globals.add(g.0 as usize);
                string::retain(string_ptr(word));
                word
            }),
            Opcode::GlobalGetRef => set!(GlobalGetRef { g } => retain(*tables.globals.add(g.0 as usize))),
            Opcode::GlobalSet => {
                operands!(GlobalSet { a, g });
                // SAFETY: verified registers lie in the window, and globals exist.
                unsafe { *tables.globals.add(g.0 as usize) = w.get(a) };
            }
            Opcode::GlobalReplace => set!(GlobalReplace { a, g } => {
                ptr::replace(tables.globals.add(g.0 as usize), w.get(a))
            }),
            Opcode::Retain => set!(Retain { a } => {
                string::retain(w.string(a));
                w.get(a)
            }),
            Opcode::Release => {
                operands!(Release { a });
                // SAFETY: by the types of MIR this is a string, and the code gives a reference up.
                unsafe { string::release(w.string(a)) };
            }
            Opcode::RetainRef => set!(RetainRef { a } => retain(w.get(a))),
            Opcode::ReleaseRef => {
                operands!(ReleaseRef { a });
                // SAFETY: by the types of MIR this is an object or null, and the code gives a reference up.
                unsafe { release(w.get(a)) };
            }

            Opcode::ArrayNew => set!(ArrayNew { n, layout } => {
                object_word(array::new(*tables.layouts.add(layout.0 as usize), n as usize, n as usize))
            }),
            Opcode::ArrayLen => set!(ArrayLen { a } => len(w.get(a))),
            Opcode::ArrayUnique => set!(ArrayUnique { a } => unique(w.get(a))),
            Opcode::UniqueLeaf => set!(UniqueLeaf { a, i, stride, offset } => {
                let place = element(w.get(a), w.get(i), stride, offset);
                let array = unique(get(place));
                put::<u64>(place, array);
                array
            }),
            Opcode::ArrayExtend => set!(ArrayExtend { a, layout } => {
                extend(w.get(a), *tables.layouts.add(layout.0 as usize))
            }),
            Opcode::ArrayPush64 => set!(ArrayPush64 { a, b, layout } => {
                let array = extend(w.get(a), *tables.layouts.add(layout.0 as usize));
                put::<u64>(last_element(array, size_of::<u64>() as u32, 0), w.get(b));
                array
            }),
            Opcode::BoxNew => set!(BoxNew { layout } => {
                object_word(object::new_box(*tables.layouts.add(layout.0 as usize)))
            }),
            Opcode::ElemS8 => read!(ElemS8 { a, i } => i8, element(w.get(a), w.get(i), size_of::<i8>() as u32, 0)),
            Opcode::ElemU8 => read!(ElemU8 { a, i } => u8, element(w.get(a), w.get(i), size_of::<u8>() as u32, 0)),
            Opcode::ElemS16 => read!(ElemS16 { a, i } => i16, element(w.get(a), w.get(i), size_of::<i16>() as u32, 0)),
            Opcode::ElemU16 => read!(ElemU16 { a, i } => u16, element(w.get(a), w.get(i), size_of::<u16>() as u32, 0)),
            Opcode::ElemS32 => read!(ElemS32 { a, i } => i32, element(w.get(a), w.get(i), size_of::<i32>() as u32, 0)),
            Opcode::ElemU32 => read!(ElemU32 { a, i } => u32, element(w.get(a), w.get(i), size_of::<u32>() as u32, 0)),
            Opcode::Elem64 => read!(Elem64 { a, i } => u64, element(w.get(a), w.get(i), size_of::<u64>() as u32, 0)),
            Opcode::ElemRef => {
                set!(ElemRef { a, i } => get_counted(element(w.get(a), w.get(i), size_of::<u64>() as u32, 0)))
            }
            Opcode::LeafS8 => read!(LeafS8 { a, i, stride, offset } => i8, element(w.get(a), w.get(i), stride, offset)),
            Opcode::LeafU8 => read!(LeafU8 { a, i, stride, offset } => u8, element(w.get(a), w.get(i), stride, offset)),
            Opcode::LeafS16 => {
                read!(LeafS16 { a, i, stride, offset } => i16, element(w.get(a), w.get(i), stride, offset))
            }
            Opcode::LeafU16 => {
                read!(LeafU16 { a, i, stride, offset } => u16, element(w.get(a), w.get(i), stride, offset))
            }
            Opcode::LeafS32 => {
                read!(LeafS32 { a, i, stride, offset } => i32, element(w.get(a), w.get(i), stride, offset))
            }
            Opcode::LeafU32 => {
                read!(LeafU32 { a, i, stride, offset } => u32, element(w.get(a), w.get(i), stride, offset))
            }
            Opcode::Leaf64 => {
                read!(Leaf64 { a, i, stride, offset } => u64, element(w.get(a), w.get(i), stride, offset))
            }
            Opcode::LeafRef => {
                set!(LeafRef { a, i, stride, offset } => get_counted(element(w.get(a), w.get(i), stride, offset)))
            }
            Opcode::Set8 => write!(Set8 { a, i } => u8, element(w.get(a), w.get(i), size_of::<u8>() as u32, 0)),
            Opcode::Set16 => write!(Set16 { a, i } => u16, element(w.get(a), w.get(i), size_of::<u16>() as u32, 0)),
            Opcode::Set32 => write!(Set32 { a, i } => u32, element(w.get(a), w.get(i), size_of::<u32>() as u32, 0)),
            Opcode::Set64 => write!(Set64 { a, i } => u64, element(w.get(a), w.get(i), size_of::<u64>() as u32, 0)),
            Opcode::SetLeaf8 => {
                write_leaf!(SetLeaf8 { a, i } => u8, |stride, offset| element(w.get(a), w.get(i), stride, offset))
            }
            Opcode::SetLeaf16 => {
                write_leaf!(SetLeaf16 { a, i } => u16, |stride, offset| element(w.get(a), w.get(i), stride, offset))
            }
            Opcode::SetLeaf32 => {
                write_leaf!(SetLeaf32 { a, i } => u32, |stride, offset| element(w.get(a), w.get(i), stride, offset))
            }
            Opcode::SetLeaf64 => {
                write_leaf!(SetLeaf64 { a, i } => u64, |stride, offset| element(w.get(a), w.get(i), stride, offset))
            }
            Opcode::Replace => set!(Replace { a, i, b, stride, offset } => {
                ptr::replace(element(w.get(a), w.get(i), stride, offset).cast::<u64>(), w.get(b))
            }),
            Opcode::GetS8 => read!(GetS8 { a, offset } => i8, part(w.get(a), offset)),
            Opcode::GetU8 => read!(GetU8 { a, offset } => u8, part(w.get(a), offset)),
            Opcode::GetS16 => read!(GetS16 { a, offset } => i16, part(w.get(a), offset)),
            Opcode::GetU16 => read!(GetU16 { a, offset } => u16, part(w.get(a), offset)),
            Opcode::GetS32 => read!(GetS32 { a, offset } => i32, part(w.get(a), offset)),
            Opcode::GetU32 => read!(GetU32 { a, offset } => u32, part(w.get(a), offset)),
            Opcode::Get64 => read!(Get64 { a, offset } => u64, part(w.get(a), offset)),
            Opcode::GetRef => set!(GetRef { a, offset } => get_counted(part(w.get(a), offset))),
            Opcode::Put8 => {
                operands!(Put8 { a, b, offset });
                // SAFETY: as for `write`.
                unsafe { put::<u8>(part(w.get(a), offset), w.get(b)) };
            }
            Opcode::Put16 => {
                operands!(Put16 { a, b, offset });
                // SAFETY: as for `write`.
                unsafe { put::<u16>(part(w.get(a), offset), w.get(b)) };
            }
            Opcode::Put32 => {
                operands!(Put32 { a, b, offset });
                // SAFETY: as for `write`.
                unsafe { put::<u32>(part(w.get(a), offset), w.get(b)) };
            }
            Opcode::Put64 => {
                operands!(Put64 { a, b, offset });
                // SAFETY: as for `write`.
                unsafe { put::<u64>(part(w.get(a), offset), w.get(b)) };
            }
            Opcode::PutLast8 => {
                write_leaf!(PutLast8 { a } => u8, |stride, offset| last_element(w.get(a), stride, offset))
            }
            Opcode::PutLast16 => {
                write_leaf!(PutLast16 { a } => u16, |stride, offset| last_element(w.get(a), stride, offset))
            }
            Opcode::PutLast32 => {
                write_leaf!(PutLast32 { a } => u32, |stride, offset| last_element(w.get(a), stride, offset))
            }
            Opcode::PutLast64 => {
                write_leaf!(PutLast64 { a } => u64, |stride, offset| last_element(w.get(a), stride, offset))
            }

            Opcode::Rt0 => set!(Rt0 { f } => rt!(f())),
            Opcode::Rt1 => set!(Rt1 { a, f } => rt!(f(a))),
            Opcode::Rt2 => set!(Rt2 { a, b, f } => rt!(f(a, b))),
            Opcode::Rt3 => set!(Rt3 { a, b, c, f } => rt!(f(a, b, c))),
            Opcode::Rt4 => set!(Rt4 { a, b, c, d, f } => rt!(f(a, b, c, d))),
            Opcode::RtVoid0 => {
                operands!(RtVoid0 { f });
                // SAFETY: verified calls have as many arguments as the entry point takes; MIR has checked their types.
                unsafe { rt!(f()) };
            }
            Opcode::RtVoid1 => {
                operands!(RtVoid1 { a, f });
                // SAFETY: as above.
                unsafe { rt!(f(a)) };
            }
            Opcode::RtVoid2 => {
                operands!(RtVoid2 { a, b, f });
                // SAFETY: as above.
                unsafe { rt!(f(a, b)) };
            }
            Opcode::RtVoid3 => {
                operands!(RtVoid3 { a, b, c, f });
                // SAFETY: as above.
                unsafe { rt!(f(a, b, c)) };
            }
        }
    }
}

/// # Safety
/// The branch at `start` leads to an instruction.
#[inline(always)]
unsafe fn jump(start: *const u32, target: Target) -> *const u32 {
    // SAFETY: by contract.
    unsafe { start.offset(target.0 as isize) }
}

/// The negation of a float comparison, which is not another comparison.
#[inline(always)]
fn is_not(condition: bool) -> bool {
    !condition
}

#[cold]
fn stack_overflow() -> ! {
    fault::report_at(None, fault::STACK_OVERFLOW)
}

/// A function that has no result and should not return did return.
#[cold]
fn unreachable() -> ! {
    unreachable!("internal error: a call that does not return did return")
}
