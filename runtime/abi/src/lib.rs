//! The table of runtime entry points, shared by compiler and runtime so that they cannot disagree.
//!
//! [`for_each_runtime_fn`] lists every entry point once. From the list come [`RtFn`] and [`RtSig`] here (the compiler
//! derives the MIR, bytecode and machine-code signatures from them) and, in the runtime, a compile-time check that the
//! function of that name has exactly that type, and the table of addresses for the JIT.
//!
//! # Kinds of values
//!
//! | kind | machine type | meaning |
//! |---|---|---|
//! | `Int` | `i64` | `int` |
//! | `Float` | `f64` | `float` |
//! | `Bool` | `u8` | 0 or 1 |
//! | `Str` | pointer | a [string object](#string-objects), borrowed: the caller keeps its reference |
//! | `OwnedStr` | pointer | a string object with one reference: an argument is consumed, a result belongs to the caller |
//! | `Site` | pointer | a [`Site`], null where a fault has no position |
//!
//! An entry marked `faults` takes a `Site` after its listed arguments. A failing one reports the fault at that site and
//! ends the program.
//!
//! # String objects
//!
//! A string is a pointer to a [`StrHeader`] followed by `len` bytes of UTF-8 (`cap` bytes of room). `rc` counts
//! references; [`IMMORTAL`] marks literals and other static objects, which are never counted nor freed. There is no null
//! string; the empty string is an object too.
#![no_std]

/// Reference count of objects that are never counted nor freed. Counts stay far below: no memory holds so many
/// references.
pub const IMMORTAL: usize = 1 << (usize::BITS - 1);

/// What stands before the bytes of a string.
#[repr(C)]
#[derive(Debug)]
pub struct StrHeader {
    /// References, or [`IMMORTAL`].
    pub rc: usize,
    /// Length in bytes.
    pub len: usize,
    /// Room in bytes behind the header; `len` for literals.
    pub cap: usize,
    /// Length in Unicode scalar values.
    pub chars: usize,
}

/// Where a fault stands in the source.
#[repr(C)]
#[derive(Debug)]
pub struct Site {
    /// The file name as shown in messages.
    pub file: *const FileName,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub col: u32,
}

// SAFETY: a site is constant data, and so is the file name it points to.
unsafe impl Sync for Site {}

/// A length in bytes followed by that many bytes of UTF-8.
#[repr(C)]
#[derive(Debug)]
pub struct FileName {
    /// Length in bytes.
    pub len: usize,
    /// The first of the bytes.
    pub bytes: [u8; 0],
}

/// Symbol of the compiled program's top level: `extern "C" fn() -> i64`, giving the exit status.
pub const PROGRAM_SYMBOL: &str = "resilient_program";

/// Prefix of the symbols of all entry points.
pub const SYMBOL_PREFIX: &str = "resilient_";

/// Kind of an argument or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbiTy {
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// A borrowed string.
    Str,
    /// A string with one reference.
    OwnedStr,
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbiResult {
    /// Nothing.
    Void,
    /// It does not return.
    Never,
    /// A value.
    Value(AbiTy),
}

/// Signature of an entry point.
#[derive(Clone, Copy, Debug)]
pub struct RtSig {
    /// Name without prefix, as in MIR text.
    pub name: &'static str,
    /// Linker symbol.
    pub symbol: &'static str,
    /// Listed arguments; a `Site` follows if `faults`.
    pub params: &'static [AbiTy],
    /// The result.
    pub result: AbiResult,
    /// Whether it may fault, and so takes a `Site` last.
    pub faults: bool,
    /// Whether it has no effect but its result (it may allocate), so that an unused call can go.
    pub pure: bool,
}

/// Calls `$callback!` with the whole list. A row is
/// `[flags] Variant: name(arg: Kind, ..) -> Kind;`, the flags being `faults` and `pure`; `Void` and `Never` are
/// results only.
#[macro_export]
macro_rules! for_each_runtime_fn {
    ($callback:ident) => {
        $callback! {
            /// Writes an int in decimal to standard output.
            [] PrintInt: print_int(value: Int) -> Void;
            /// Writes the display form of a float.
            [] PrintFloat: print_float(value: Float) -> Void;
            /// Writes `true` or `false`.
            [] PrintBool: print_bool(value: Bool) -> Void;
            /// Writes the text of a string.
            [] PrintStr: print_str(value: Str) -> Void;
            /// Writes a line feed; a terminal sees the line at once.
            [] PrintNewline: print_newline() -> Void;
            /// Hands all output written so far to the operating system.
            [] Flush: flush() -> Void;

            /// Counts one more reference and returns its argument.
            [] StrRetain: str_retain(value: Str) -> OwnedStr;
            /// Gives one reference up; the last one frees the object.
            [] StrRelease: str_release(value: OwnedStr) -> Void;
            /// Display form of an int.
            [pure] StrFromInt: str_from_int(value: Int) -> OwnedStr;
            /// Display form of a float.
            [pure] StrFromFloat: str_from_float(value: Float) -> OwnedStr;
            /// Display form of a bool.
            [pure] StrFromBool: str_from_bool(value: Bool) -> OwnedStr;
            /// `left` followed by `right`; appends in place when the reference to `left` is the only one.
            [pure] StrConcat: str_concat(left: OwnedStr, right: Str) -> OwnedStr;
            /// Length in scalar values.
            [pure] StrLen: str_len(value: Str) -> Int;
            /// Whether both have the same text.
            [pure] StrEq: str_eq(left: Str, right: Str) -> Bool;
            /// -1, 0 or 1: the order by scalar values.
            [pure] StrCompare: str_compare(left: Str, right: Str) -> Int;
            /// `count` copies; faults for a negative count and for a result above 10 000 000 bytes.
            [faults] StrRepeat: str_repeat(value: Str, count: Int) -> OwnedStr;

            /// The truncated remainder, as C's `fmod`.
            [pure] FloatRem: float_rem(left: Float, right: Float) -> Float;
            /// Drops the fraction; faults for NaN, infinities and values outside the `int` range.
            [faults] FloatToInt: float_to_int(value: Float) -> Int;

            /// Fault `Division by zero`.
            [faults] FaultDivisionByZero: fault_division_by_zero() -> Never;
            /// Fault `Modulo by zero`.
            [faults] FaultModuloByZero: fault_modulo_by_zero() -> Never;
            /// Fault `shift amount out of range: COUNT`.
            [faults] FaultShiftAmount: fault_shift_amount(count: Int) -> Never;
            /// Fault with a ready message.
            [faults] FaultMessage: fault_message(message: OwnedStr) -> Never;
            /// Ends the program with `status & 0xff` after flushing.
            [] Exit: exit(status: Int) -> Never;
        }
    };
}

macro_rules! define {
    ($($(#[$doc:meta])* [$($flag:ident)*] $variant:ident: $name:ident($($arg:ident: $kind:ident),*) -> $result:ident;)*) => {
        /// A runtime entry point.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum RtFn {
            $($(#[$doc])* $variant,)*
        }

        impl RtFn {
            /// All entry points, in table order.
            pub const ALL: &'static [RtFn] = &[$(RtFn::$variant),*];

            /// The signature.
            pub fn sig(self) -> &'static RtSig {
                static SIGS: &[RtSig] = &[$(RtSig {
                    name: stringify!($name),
                    symbol: concat!("resilient_", stringify!($name)),
                    params: &[$(AbiTy::$kind),*],
                    result: define!(@result $result),
                    faults: define!(@has faults $($flag)*),
                    pure: define!(@has pure $($flag)*),
                }),*];
                &SIGS[self as usize]
            }
        }
    };
    (@result Void) => { AbiResult::Void };
    (@result Never) => { AbiResult::Never };
    (@result $kind:ident) => { AbiResult::Value(AbiTy::$kind) };
    (@has $flag:ident) => { false };
    (@has faults faults $($rest:ident)*) => { true };
    (@has pure pure $($rest:ident)*) => { true };
    (@has $flag:ident $other:ident $($rest:ident)*) => { define!(@has $flag $($rest)*) };
}

for_each_runtime_fn!(define);

impl RtFn {
    /// The entry point with this name (without prefix).
    pub fn from_name(name: &str) -> Option<RtFn> {
        RtFn::ALL.iter().copied().find(|f| f.sig().name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_consistent() {
        for &f in RtFn::ALL {
            assert_eq!(RtFn::from_name(f.sig().name), Some(f));
            assert_eq!(f.sig().symbol.strip_prefix(SYMBOL_PREFIX), Some(f.sig().name));
            assert!(!(f.sig().pure && f.sig().faults), "{f:?}: a fault is an effect");
        }
        assert!(RtFn::FaultMessage.sig().faults && RtFn::StrConcat.sig().pure && !RtFn::PrintInt.sig().pure);
    }
}
