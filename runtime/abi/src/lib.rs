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
//! | `Int` | `i64` | `int`, the other integer types extended to 64 bits, `char` as its scalar value |
//! | `Float` | `f64` | `float` |
//! | `Bool` | `u8` | 0 or 1 |
//! | `Str` | pointer | a string object, borrowed: the caller keeps its reference |
//! | `OwnedStr` | pointer | a string object with one reference: an argument is consumed, a result belongs to the caller |
//! | `Ref` | pointer | any object or null, borrowed |
//! | `OwnedRef` | pointer | any object with one reference, or null |
//! | `Layout` | pointer | a [`LayoutDesc`], constant data |
//! | `Site` | pointer | a [`Site`], null where a fault has no position |
//!
//! An entry marked `faults` takes a `Site` after its listed arguments. A failing one reports the fault at that site and
//! ends the program; but while a live block is active those that may return do, and leave the fault pending
//! ([`RtFn::FaultIsPending`]). An entry marked `sited` takes a `Site` in the same way and does not fault.
//!
//! # Objects
//!
//! Every object begins with an [`ObjectHeader`], so that counting needs not know what an object is. `rc` counts
//! references; [`IMMORTAL`] marks literals and other static objects, which are never counted, changed nor freed. Objects
//! are aligned to 8 at least.
//!
//! - A string is a [`StrHeader`] followed by `len` bytes of UTF-8 (`cap` bytes of room). There is no null string; the
//!   empty string is an object too.
//! - An array is an [`ArrayHeader`] followed by `len` elements (room for `cap`) of the size of its layout.
//! - A box is a [`BoxHeader`] followed by one value of its layout.
//!
//! A layout names the places of counted references in a value, each of which holds an object or null.
#![no_std]

/// Reference count of objects that are never counted nor freed, and the bit that tells them. A count that reaches it
/// by counting, with 2^31 references, stays there: such an object is not freed any more, and nothing else goes wrong.
pub const IMMORTAL: u32 = 1 << 31;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ObjectKind {
    /// A [`StrHeader`] and text.
    Str = 0,
    /// An [`ArrayHeader`] and elements.
    Array = 1,
    /// A [`BoxHeader`] and a value.
    Box = 2,
}

/// What stands at the start of every object.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ObjectHeader {
    /// References, or with the bit [`IMMORTAL`].
    pub rc: u32,
    /// What the object is.
    pub kind: ObjectKind,
}

/// What stands before the bytes of a string.
#[repr(C)]
#[derive(Debug)]
pub struct StrHeader {
    /// Count and kind.
    pub object: ObjectHeader,
    /// Length in bytes.
    pub len: usize,
    /// Room in bytes behind the header; `len` for literals.
    pub cap: usize,
    /// Length in Unicode scalar values.
    pub chars: usize,
}

/// What stands before the elements of an array. Its size is a multiple of 8, so that elements are aligned.
#[repr(C, align(8))]
#[derive(Debug)]
pub struct ArrayHeader {
    /// Count and kind.
    pub object: ObjectHeader,
    /// Layout of an element; null for the static empty array, which serves all types.
    pub layout: *const LayoutDesc,
    /// Number of elements.
    pub len: usize,
    /// Number of elements there is room for behind the header.
    pub cap: usize,
}

/// What stands before the value in a box. Its size is a multiple of 8, so that the value is aligned.
#[repr(C, align(8))]
#[derive(Debug)]
pub struct BoxHeader {
    /// Count and kind.
    pub object: ObjectHeader,
    /// Layout of the value.
    pub layout: *const LayoutDesc,
}

/// How a value lies in an array or box.
#[repr(C)]
#[derive(Debug)]
pub struct LayoutDesc {
    /// Size in bytes, a multiple of the alignment; the distance between elements of an array. At least 1.
    pub size: u32,
    /// Alignment in bytes: 1, 2, 4 or 8.
    pub align: u32,
    /// Number of counted references in the value.
    pub n_counted: u32,
    /// The offsets of the counted references, `n_counted` of them.
    pub counted: [u32; 0],
}

/// An integer operator whose result may be out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ArithOp {
    /// `+`
    Add = 0,
    /// `-`
    Sub = 1,
    /// `*`
    Mul = 2,
    /// `/`
    Div = 3,
    /// `-` as a prefix.
    Neg = 4,
}

impl ArithOp {
    /// In the codes of operators on `u64`, whose operands show as such.
    const UNSIGNED: i64 = 8;

    /// The code of the operator on operands of a signed type, or one narrower than `u64`, or else on `u64`.
    pub fn code(self, signed: bool) -> i64 {
        self as i64 + if signed { 0 } else { ArithOp::UNSIGNED }
    }

    /// The operator with this code, which is one, and whether its operands are signed.
    pub fn from_code(code: i64) -> (ArithOp, bool) {
        let op = match code % ArithOp::UNSIGNED {
            0 => ArithOp::Add,
            1 => ArithOp::Sub,
            2 => ArithOp::Mul,
            3 => ArithOp::Div,
            _ => ArithOp::Neg,
        };
        (op, code < ArithOp::UNSIGNED)
    }
}

/// Where a fault stands in the source.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
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

/// Symbol of the runtime's function that an executable calls at its end if it was built to check that everything was
/// released: `extern "C" fn(*const CountedGlobals)`, null where there are none.
pub const CHECK_LEAKS_SYMBOL: &str = "resilient_check_leaks";

/// The globals of a program that hold counted references, for the check that everything was released: a number, and so
/// many addresses.
#[repr(C)]
#[derive(Debug)]
pub struct CountedGlobals {
    /// Number of globals.
    pub len: usize,
    /// Their addresses.
    pub globals: [*const *mut ObjectHeader; 0],
}

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
    /// A borrowed object, or null.
    Ref,
    /// An object with one reference, or null.
    OwnedRef,
    /// Layout of an element or of the content of a box.
    Layout,
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
    /// Whether it takes a site after its arguments: all that may fault do.
    pub sited: bool,
    /// Whether it has no effect but its result (it may allocate), so that an unused call can go, and the result depends on
    /// nothing but the values of the arguments. So an entry that computes a number from the elements of an array, which
    /// may change in place between two calls, is not marked.
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
            /// Writes an unsigned 64-bit integer.
            [] PrintUint: print_uint(value: Int) -> Void;
            /// Writes the display form of a float.
            [] PrintFloat: print_float(value: Float) -> Void;
            /// Writes `true` or `false`.
            [] PrintBool: print_bool(value: Bool) -> Void;
            /// Writes a char.
            [] PrintChar: print_char(value: Int) -> Void;
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
            /// Display form of an unsigned 64-bit integer.
            [pure] StrFromUint: str_from_uint(value: Int) -> OwnedStr;
            /// Display form of a float.
            [pure] StrFromFloat: str_from_float(value: Float) -> OwnedStr;
            /// Display form of a bool.
            [pure] StrFromBool: str_from_bool(value: Bool) -> OwnedStr;
            /// The string of one char.
            [pure] StrFromChar: str_from_char(value: Int) -> OwnedStr;
            /// `left` followed by `right`; appends in place when the reference to `left` is the only one.
            [pure] StrConcat: str_concat(left: OwnedStr, right: Str) -> OwnedStr;
            /// Length in scalar values.
            [pure] StrLen: str_len(value: Str) -> Int;
            /// The char at an index in `0..len`, which the caller has checked.
            [pure] StrGet: str_get(value: Str, index: Int) -> Int;
            /// The char at an index, negative from the end; faults `String index I out of bounds for length N`.
            [faults] StrIndex: str_index(value: Str, index: Int) -> Int;
            /// The part between two bounds, as `array_slice` counts them.
            [faults] StrSlice: str_slice(value: Str, lo: Int, hi: Int, inclusive: Bool) -> OwnedStr;
            /// Whether both have the same text.
            [pure] StrEq: str_eq(left: Str, right: Str) -> Bool;
            /// -1, 0 or 1: the order by scalar values.
            [pure] StrCompare: str_compare(left: Str, right: Str) -> Int;
            /// `count` copies; faults for a negative count and for a result above 10 000 000 bytes.
            [faults] StrRepeat: str_repeat(value: Str, count: Int) -> OwnedStr;

            /// Length in bytes.
            [pure] StrByteLen: str_byte_len(value: Str) -> Int;
            /// The byte at an offset, which is in range.
            [pure] StrByte: str_byte(value: Str, offset: Int) -> Int;
            /// The bytes `lo..hi`, which are in range and start and end at chars.
            [pure] StrCut: str_cut(value: Str, lo: Int, hi: Int) -> OwnedStr;
            /// Offset in bytes of the first occurrence of `part` at or after the byte `from`, or -1.
            [pure] StrFind: str_find(value: Str, part: Str, from: Int) -> Int;
            /// Offset in bytes of the last occurrence of `part`, or -1.
            [pure] StrRfind: str_rfind(value: Str, part: Str) -> Int;
            /// Every char in upper case, by the full mapping of Unicode.
            [pure] StrUpper: str_upper(value: Str) -> OwnedStr;
            /// Every char in lower case, by the full mapping of Unicode.
            [pure] StrLower: str_lower(value: Str) -> OwnedStr;
            /// The strings of an array with a separator between.
            [pure] StrJoin: str_join(parts: Ref, separator: Str) -> OwnedStr;
            /// The text of an array of bytes, which is valid UTF-8.
            [pure] StrFromBytes: str_from_bytes(octets: Ref) -> OwnedStr;
            /// Offset of the first byte of an array that does not belong to a char of UTF-8, or -1.
            [] Utf8Error: utf8_error(octets: Ref) -> Int;
            /// The text as an array of bytes.
            [pure] StrToBytes: str_to_bytes(value: Str) -> OwnedRef;
            /// The value of an int in decimal, 0 if it is none.
            [pure] ParseInt: parse_int(value: Str) -> Int;
            /// Whether it is an optional sign and decimal digits, in the range of `int`.
            [pure] IsInt: is_int(value: Str) -> Bool;
            /// The nearest float, NaN if it is none.
            [pure] ParseFloat: parse_float(value: Str) -> Float;
            /// Whether it is a number with optional sign, point and exponent, or `inf`, `infinity` or `nan` in any case.
            [pure] IsFloat: is_float(value: Str) -> Bool;
            /// Whether a char is: 0 alphabetic, 1 numeric, 2 alphanumeric, 3 white space, 4 upper case, 5 lower case, 6 control.
            [pure] CharClass: char_class(value: Int, class: Int) -> Bool;
            /// The bits of a float.
            [pure] FloatBits: float_bits(value: Float) -> Int;
            /// The float of these bits.
            [pure] FloatFromBits: float_from_bits(bits: Int) -> Float;

            /// Counts one more reference to an object and returns its argument; null stays null.
            [] RefRetain: ref_retain(value: Ref) -> OwnedRef;
            /// Gives one reference up; the last one frees the object and gives up what it refers to.
            [] RefRelease: ref_release(value: OwnedRef) -> Void;
            /// An array with room for `capacity` elements, of which the first `len` are for the caller to fill. The array
            /// is the caller's alone unless `capacity` is 0.
            [] ArrayNew: array_new(layout: Layout, len: Int, capacity: Int) -> OwnedRef;
            /// The array as the only reference to its object: itself or a copy.
            [pure] ArrayUnique: array_unique(array: OwnedRef) -> OwnedRef;
            /// As `array_unique`, with room for one element more at least.
            [pure] ArrayGrow: array_grow(array: OwnedRef, layout: Layout) -> OwnedRef;
            /// The array without its last element; faults `pop: cannot pop from an empty array`.
            [faults] ArrayPop: array_pop(array: OwnedRef) -> OwnedRef;
            /// The elements of both; in place when the reference to `left` is the only one.
            [pure] ArrayConcat: array_concat(left: OwnedRef, right: Ref) -> OwnedRef;
            /// The elements between two bounds: a negative one counts from the end, `hi` belongs to the part if
            /// `inclusive`, and the largest int, not inclusive, stands for the length. Faults `slice lower bound A exceeds
            /// upper bound B`.
            [faults] ArraySlice: array_slice(array: Ref, lo: Int, hi: Int, inclusive: Bool) -> OwnedRef;
            /// `count` times the elements; faults `array_repeat: count must be non-negative, got N`.
            [faults] ArrayRepeat: array_repeat(array: OwnedRef, count: Int) -> OwnedRef;
            /// A box whose content is for the caller to fill.
            [] BoxNew: box_new(layout: Layout) -> OwnedRef;

            /// Where `key` is in an array of integers or bools, of which the index is given, or -1. Keys are compared by as
            /// many low bits as elements have.
            [] IndexFindInt: index_find_int(index: Ref, keys: Ref, key: Int) -> Int;
            /// Where `key` is in an array of strings, of which the index is given, or -1.
            [] IndexFindStr: index_find_str(index: Ref, keys: Ref, key: Str) -> Int;
            /// The index of an array of integers or bools, given that of all but its last element; in place when the
            /// reference is the only one.
            [pure] IndexAddInt: index_add_int(index: OwnedRef, keys: Ref) -> OwnedRef;
            /// The same for an array of strings.
            [pure] IndexAddStr: index_add_str(index: OwnedRef, keys: Ref) -> OwnedRef;
            /// The index of an array of integers or bools after its last element will have been moved to `position`, given
            /// the index of the array as it is; in place when the reference is the only one.
            [pure] IndexRemoveInt: index_remove_int(index: OwnedRef, keys: Ref, position: Int) -> OwnedRef;
            /// The same for an array of strings.
            [pure] IndexRemoveStr: index_remove_str(index: OwnedRef, keys: Ref, position: Int) -> OwnedRef;

            /// The truncated remainder, as C's `fmod`.
            [pure] FloatRem: float_rem(left: Float, right: Float) -> Float;
            /// Drops the fraction; faults for NaN, infinities and values outside the `int` range.
            [faults] FloatToInt: float_to_int(value: Float) -> Int;

            /// The square root, correctly rounded; NaN below -0.
            [pure] FloatSqrt: float_sqrt(value: Float) -> Float;
            /// The greatest whole number that is not above.
            [pure] FloatFloor: float_floor(value: Float) -> Float;
            /// The least whole number that is not below.
            [pure] FloatCeil: float_ceil(value: Float) -> Float;
            /// Without the fraction.
            [pure] FloatTrunc: float_trunc(value: Float) -> Float;
            /// The nearest whole number, ties to even.
            [pure] FloatRoundEven: float_round_even(value: Float) -> Float;
            /// `a * b + c` with one rounding.
            [pure] FloatMulAdd: float_mul_add(a: Float, b: Float, c: Float) -> Float;
            /// The power of IEEE 754.
            [pure] FloatPow: float_pow(base: Float, exponent: Float) -> Float;
            /// The cube root.
            [pure] FloatCbrt: float_cbrt(value: Float) -> Float;
            /// The sine of an angle in radians.
            [pure] FloatSin: float_sin(value: Float) -> Float;
            /// The cosine of an angle in radians.
            [pure] FloatCos: float_cos(value: Float) -> Float;
            /// The tangent of an angle in radians.
            [pure] FloatTan: float_tan(value: Float) -> Float;
            /// The angle of a sine.
            [pure] FloatAsin: float_asin(value: Float) -> Float;
            /// The angle of a cosine.
            [pure] FloatAcos: float_acos(value: Float) -> Float;
            /// The angle of a tangent.
            [pure] FloatAtan: float_atan(value: Float) -> Float;
            /// The angle of the point `(x, y)`.
            [pure] FloatAtan2: float_atan2(y: Float, x: Float) -> Float;
            /// The hyperbolic sine.
            [pure] FloatSinh: float_sinh(value: Float) -> Float;
            /// The hyperbolic cosine.
            [pure] FloatCosh: float_cosh(value: Float) -> Float;
            /// The hyperbolic tangent.
            [pure] FloatTanh: float_tanh(value: Float) -> Float;
            /// The inverse of the hyperbolic sine.
            [pure] FloatAsinh: float_asinh(value: Float) -> Float;
            /// The inverse of the hyperbolic cosine.
            [pure] FloatAcosh: float_acosh(value: Float) -> Float;
            /// The inverse of the hyperbolic tangent.
            [pure] FloatAtanh: float_atanh(value: Float) -> Float;
            /// The length of the vector `(x, y)`.
            [pure] FloatHypot: float_hypot(x: Float, y: Float) -> Float;
            /// e to the power of the value.
            [pure] FloatExp: float_exp(value: Float) -> Float;
            /// 2 to the power of the value.
            [pure] FloatExp2: float_exp2(value: Float) -> Float;
            /// e to the power of the value, less 1.
            [pure] FloatExpM1: float_exp_m1(value: Float) -> Float;
            /// The natural logarithm.
            [pure] FloatLn: float_ln(value: Float) -> Float;
            /// The natural logarithm of the value and 1.
            [pure] FloatLn1p: float_ln_1p(value: Float) -> Float;
            /// The binary logarithm.
            [pure] FloatLog2: float_log2(value: Float) -> Float;
            /// The decimal logarithm.
            [pure] FloatLog10: float_log10(value: Float) -> Float;

            /// The high half of the product of 128 bits.
            [pure] IntMulHigh: int_mul_high(left: Int, right: Int) -> Int;
            /// The product modulo a positive int, of ints that are not negative.
            [pure] IntMulMod: int_mul_mod(left: Int, right: Int, modulus: Int) -> Int;
            /// The quotient, toward zero, of an int of 128 bits, given in halves; the caller knows that it is an int.
            [pure] WideDiv: wide_div(high: Int, low: Int, divisor: Int) -> Int;
            /// The float nearest to an int of 128 bits.
            [pure] WideToFloat: wide_to_float(high: Int, low: Int) -> Float;
            /// An int of 128 bits in decimal.
            [pure] StrFromWide: str_from_wide(high: Int, low: Int) -> OwnedStr;

            /// The next 64 bits of the random generator.
            [] RandomNext: random_next() -> Int;

            /// What went wrong with the last operation on the operating system: 0 nothing, a positive number of the system,
            /// -1 bytes that are not UTF-8, -2 no such variable.
            [] HostError: host_error() -> Int;
            /// The text of an error number of the system: `No such file or directory (os error 2)`.
            [pure] HostErrorText: host_error_text(error: Int) -> OwnedStr;
            /// Nanoseconds of the monotonic clock since it was first asked.
            [] HostClock: host_clock() -> Int;
            /// Seconds since 1970-01-01 UTC, at least 0.
            [] HostUnixSeconds: host_unix_seconds() -> Int;
            /// Nanoseconds since 1970-01-01 UTC, at least 0.
            [] HostUnixNanoseconds: host_unix_nanoseconds() -> Int;
            /// Writes out what is pending and waits; 0.
            [] HostSleep: host_sleep(milliseconds: Int) -> Int;
            /// The number of the process.
            [] HostProcessId: host_process_id() -> Int;
            /// The path of the working directory.
            [] HostWorkingDirectory: host_working_directory() -> OwnedStr;
            /// An environment variable.
            [] HostVariable: host_variable(name: Str) -> OwnedStr;
            /// All of a file.
            [] HostReadFile: host_read_file(path: Str) -> OwnedStr;
            /// Makes a file of the text, or adds it to the file; gives the error number.
            [] HostWriteFile: host_write_file(path: Str, content: Str, appends: Bool) -> Int;
            /// Removes a file; gives the error number.
            [] HostRemoveFile: host_remove_file(path: Str) -> Int;
            /// What a path leads to: 0 nothing, 1 a file, 2 a directory, 3 something else.
            [] HostPathKind: host_path_kind(path: Str) -> Int;
            /// The size in bytes of what a path leads to.
            [] HostPathSize: host_path_size(path: Str) -> Int;
            /// When that was changed, in Unix seconds.
            [] HostPathModified: host_path_modified(path: Str) -> Int;
            /// Writes to standard error, after what is pending for standard output; 0.
            [] HostWriteError: host_write_error(message: Str) -> Int;
            /// The next line of standard input without what ends it; the empty string at the end.
            [] HostReadLine: host_read_line() -> OwnedStr;

            /// Fault `Division by zero`.
            [faults] FaultDivisionByZero: fault_division_by_zero() -> Never;
            /// Fault `Modulo by zero`.
            [faults] FaultModuloByZero: fault_modulo_by_zero() -> Never;
            /// Fault `shift amount out of range: COUNT`.
            [faults] FaultShiftAmount: fault_shift_amount(count: Int) -> Never;
            /// Fault `value V out of range for type T (LO..=HI)`, T being the integer type of that many bits.
            [faults] FaultIntRange: fault_int_range(value: Int, bits: Int, signed: Bool) -> Never;
            /// Fault `integer overflow in OP (LEFT OP RIGHT)`, or of the prefix operator `integer overflow in unary - (LEFT)`; the
            /// operator is a code that [`ArithOp::code`] gives.
            [faults] FaultOverflow: fault_overflow(op: Int, left: Int, right: Int) -> Never;
            /// Fault `Index I out of bounds for array of length N`.
            [faults] FaultIndex: fault_index(index: Int, len: Int) -> Never;
            /// Fault `Index I out of bounds for array of length N at dim D`.
            [faults] FaultIndexDim: fault_index_dim(index: Int, len: Int, dim: Int) -> Never;
            /// Fault with a ready message.
            [faults] FaultMessage: fault_message(message: OwnedStr) -> Never;
            /// Fault with a ready message and without a position: an `Err` of `main`.
            [] FaultOfMain: fault_of_main(message: OwnedStr) -> Never;
            /// Fault with the message of the pending fault.
            [faults] FaultPending: fault_pending() -> Never;
            /// Fault with the message of the pending fault, where that stands.
            [] FaultAgain: fault_again() -> Never;
            /// Raises the checked failure with this number, from 1. Something catches it, so what is called is `raise_failure`.
            [] Fail: fail(failure: Int) -> Never;

            /// As `fault_division_by_zero`, in code that may run inside a live block or below a function with deferred calls:
            /// while one is active the fault becomes the pending one, and this returns. So do the following.
            [faults] RaiseDivisionByZero: raise_division_by_zero() -> Void;
            /// As `fault_modulo_by_zero`.
            [faults] RaiseModuloByZero: raise_modulo_by_zero() -> Void;
            /// As `fault_shift_amount`.
            [faults] RaiseShiftAmount: raise_shift_amount(count: Int) -> Void;
            /// As `fault_int_range`.
            [faults] RaiseIntRange: raise_int_range(value: Int, bits: Int, signed: Bool) -> Void;
            /// As `fault_overflow`.
            [faults] RaiseOverflow: raise_overflow(op: Int, left: Int, right: Int) -> Void;
            /// As `fault_index`.
            [faults] RaiseIndex: raise_index(index: Int, len: Int) -> Void;
            /// As `fault_index_dim`.
            [faults] RaiseIndexDim: raise_index_dim(index: Int, len: Int, dim: Int) -> Void;
            /// As `fault_message`.
            [faults] RaiseMessage: raise_message(message: OwnedStr) -> Void;
            /// As `fault_pending`: the pending fault stays pending.
            [faults] RaisePending: raise_pending() -> Void;
            /// As `fault_again`: what is pending stays pending.
            [] RaiseAgain: raise_again() -> Void;
            /// As `fail`: the failure becomes the pending one.
            [] RaiseFailure: raise_failure(failure: Int) -> Void;
            /// Whether the checked failure with this number is pending. If so, it is not any more.
            [] FailureTake: failure_take(failure: Int) -> Bool;
            /// Whether a fault or failure is pending: a fault is that of an entry that was called before, and failed while a live
            /// block or a function with deferred calls was active. Such an entry consumes its arguments and gives 0, the empty string or the empty array.
            [] FaultIsPending: fault_is_pending() -> Bool;

            /// Enters a live block that is tried so often, and not again after so many nanoseconds unless that is negative.
            [] LiveEnter: live_enter(attempts: Int, within: Int) -> Void;
            /// The waiting between the attempts of the live block just entered; it grows by addition if `factor` is negative.
            [] LiveBackoff: live_backoff(base_ms: Int, factor: Int, max_ms: Int) -> Void;
            /// An attempt of the innermost live block, at the site, ended with the pending fault. True if there is another attempt, for which
            /// the wait is over. Else the block is left, and its own fault is pending. A pending failure leaves the block too.
            [sited] LiveFailed: live_failed() -> Bool;
            /// The innermost live block is left, completed.
            [] LiveSucceeded: live_succeeded() -> Void;
            /// How often the innermost live block has failed; faults where there is none.
            [faults] LiveRetries: live_retries() -> Int;
            /// Attempts after the first, of all live blocks.
            [] LiveTotalRetries: live_total_retries() -> Int;
            /// How often live blocks gave up.
            [] LiveTotalExhaustions: live_total_exhaustions() -> Int;
            /// A function with deferred calls begins.
            [] DeferEnter: defer_enter() -> Void;
            /// The body of the innermost function with deferred calls was left, by what is pending or without; nothing is
            /// pending afterwards. Its deferred calls follow.
            [] DeferBegin: defer_begin() -> Void;
            /// A deferred call ended with the pending fault, which is not pending any more.
            [] DeferFaulted: defer_faulted() -> Void;
            /// The deferred calls were made, and the function is left: with what is pending then, if this is true.
            [] DeferEnd: defer_end() -> Bool;
            /// Counts the calls of it while a live block is active; call number `number` faults `injected fault N`, with a line on
            /// standard error. Only in programs that were compiled to test live blocks.
            [faults] InjectFault: inject_fault(number: Int) -> Void;
            /// A function of this name is called at the site. A call without a name is not shown, but tells where those stand that
            /// it makes without a place of their own.
            [sited] TraceEnter: trace_enter(name: Str) -> Void;
            /// The same for a call where the one around it was made.
            [] TraceEnterInner: trace_enter_inner(name: Str) -> Void;
            /// The innermost call of those entered is over.
            [] TraceLeave: trace_leave() -> Void;
            /// From now on reports of faults show the calls that are active.
            [] TraceReports: trace_reports() -> Void;
            /// How many calls have been entered and not left.
            [] TraceDepth: trace_depth() -> Int;
            /// All calls but this many are over: a failure has left them.
            [] TraceTruncate: trace_truncate(depth: Int) -> Void;
            /// How many calls a trace shows now.
            [] TraceLen: trace_len() -> Int;
            /// `NAME at FILE:LINE:COL` of one of them, the outermost of which is number 0.
            [] TraceLine: trace_line(index: Int) -> OwnedStr;
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
                    sited: define!(@has faults $($flag)*) || define!(@has sited $($flag)*),
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
    (@has sited sited $($rest:ident)*) => { true };
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
        for &f in RtFn::ALL {
            let sig = f.sig();
            let is_number = matches!(sig.result, AbiResult::Value(AbiTy::Int | AbiTy::Float | AbiTy::Bool));
            let borrows = sig.params.contains(&AbiTy::Ref);
            assert!(!(sig.pure && is_number && borrows), "{f:?}: elements of an array change in place");
        }
        assert!(RtFn::FaultMessage.sig().faults && RtFn::StrConcat.sig().pure && !RtFn::PrintInt.sig().pure);
    }
}
