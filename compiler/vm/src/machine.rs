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
//! code runs off its end. What words *mean* follows from the types of MIR: a register that is used as a string holds a
//! string object with a reference not yet given up.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::{self, NonNull};

use crate::operand::{Reg, Slot, Target};
use crate::ops::{Opcode, fetch};
use crate::program::{Program, RtCall};
use resilient_abi::StrHeader;
use resilient_runtime::{entry::invoke, fault, string};

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
    globals: *mut u64,
    rt_calls: *const RtCall,
    limit: *const u64,
}

/// Runs a program from the start; gives the status of its top level.
pub(crate) fn run(program: &Program) -> i64 {
    let stack = Stack::new(program.max_window);
    let mut globals: Vec<u64> = program.globals.iter().map(|global| global.1).collect();
    let words = stack.words.as_ptr();
    let tables = Tables {
        code: program.code.as_ptr(),
        strings: program.strings.as_ptr(),
        globals: globals.as_mut_ptr(),
        rt_calls: program.rt_calls.as_ptr(),
        // The last word where a window may start, so that there is room for the largest.
        limit: words.wrapping_add(stack.len - program.max_window),
    };
    // SAFETY: the code was verified; the tables are those of the program; there is room for the first window.
    unsafe { execute(&tables, words.add(BOTTOM)) }
}

/// The registers of the running function.
#[derive(Clone, Copy)]
struct Window(*mut u64);

impl Window {
    /// # Safety
    /// The register is in the window.
    #[inline(always)]
    unsafe fn get(self, reg: Reg) -> u64 {
        // SAFETY: by contract.
        unsafe { *self.0.add(reg.0 as usize) }
    }

    /// # Safety
    /// The register is in the window.
    #[inline(always)]
    unsafe fn int(self, reg: Reg) -> i64 {
        // SAFETY: by contract.
        unsafe { self.get(reg) as i64 }
    }

    /// # Safety
    /// The register is in the window.
    #[inline(always)]
    unsafe fn float(self, reg: Reg) -> f64 {
        // SAFETY: by contract.
        f64::from_bits(unsafe { self.get(reg) })
    }

    /// # Safety
    /// The register is in the window and holds a string.
    #[inline(always)]
    unsafe fn string(self, reg: Reg) -> *mut StrHeader {
        // SAFETY: by contract.
        string_ptr(unsafe { self.get(reg) })
    }

    /// # Safety
    /// The register is in the window.
    #[inline(always)]
    unsafe fn set(self, reg: Reg, value: impl Word) {
        // SAFETY: by contract.
        unsafe { *self.0.add(reg.0 as usize) = value.word() };
    }

    /// # Safety
    /// The slot is in the window.
    #[inline(always)]
    unsafe fn slot(self, slot: Slot) -> *mut u64 {
        // SAFETY: by contract.
        unsafe { self.0.add(slot.0 as usize) }
    }
}

/// What registers hold.
trait Word {
    fn word(self) -> u64;
}

impl Word for u64 {
    #[inline(always)]
    fn word(self) -> u64 {
        self
    }
}

impl Word for i64 {
    #[inline(always)]
    fn word(self) -> u64 {
        self as u64
    }
}

impl Word for f64 {
    #[inline(always)]
    fn word(self) -> u64 {
        self.to_bits()
    }
}

impl Word for bool {
    #[inline(always)]
    fn word(self) -> u64 {
        self as u64
    }
}

#[inline(always)]
fn string_ptr(word: u64) -> *mut StrHeader {
    ptr::with_exposed_provenance_mut(word as usize)
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
        ($base:ident, $entry:ident) => {{
            // SAFETY: the window and those below it lie on the stack, so does the sum as long as it is below the limit;
            // up to there the addition cannot leave the allocation by more than one window.
            unsafe {
                let callee = w.0.wrapping_add($base as usize);
                if callee.cast_const() > tables.limit {
                    stack_overflow();
                }
                *callee.sub(1) = ip.expose_provenance() as u64;
                w = Window(callee);
                ip = tables.code.add($entry.0 as usize);
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

            Opcode::FNeg => set!(FNeg { a } => -w.float(a)),
            Opcode::FAdd => set!(FAdd { a, b } => w.float(a) + w.float(b)),
            Opcode::FSub => set!(FSub { a, b } => w.float(a) - w.float(b)),
            Opcode::FMul => set!(FMul { a, b } => w.float(a) * w.float(b)),
            Opcode::FDiv => set!(FDiv { a, b } => w.float(a) / w.float(b)),
            Opcode::FFromInt => set!(FFromInt { a } => w.int(a) as f64),

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
            Opcode::Not => set!(Not { a } => w.get(a) ^ 1),
            Opcode::Select => set!(Select { c, a, b } => if w.get(c) != 0 { w.get(a) } else { w.get(b) }),

            Opcode::Jump => branch!(Jump {} if true),
            Opcode::BrIf => branch!(BrIf { a } if w.get(a) != 0),
            Opcode::BrIfNot => branch!(BrIfNot { a } if w.get(a) == 0),
            Opcode::BrLt => branch!(BrLt { a, b } if w.int(a) < w.int(b)),
            Opcode::BrLe => branch!(BrLe { a, b } if w.int(a) <= w.int(b)),
            Opcode::BrEq => branch!(BrEq { a, b } if w.get(a) == w.get(b)),
            Opcode::BrNe => branch!(BrNe { a, b } if w.get(a) != w.get(b)),
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

            Opcode::Call => {
                operands!(Call { dst, base, entry });
                // The return looks at it.
                let _ = dst;
                call!(base, entry);
            }
            Opcode::CallVoid => {
                operands!(CallVoid { base, entry });
                call!(base, entry);
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

            Opcode::Rt0 => set!(Rt0 { f } => rt!(f())),
            Opcode::Rt1 => set!(Rt1 { a, f } => rt!(f(a))),
            Opcode::Rt2 => set!(Rt2 { a, b, f } => rt!(f(a, b))),
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
