//! The functions compiled code calls.
//!
//! The table in `resilient-abi` is the only list of them: from each row come an exported function with the symbol and
//! the types of the row, its address for the JIT, and its case in [`invoke`] for the VM. Each calls the function
//! of the same name in `implementation`, which is written by hand. A row without implementation, or one of a different
//! type, does not compile.

use crate::abi::{LayoutDesc, ObjectHeader, RtFn, Site, StrHeader, for_each_runtime_fn};

/// What the entries do. Pointers come from compiled code, which promises: a string points to a string object, a reference
/// to an object of the kind that the entry is about; an owned one is counted and given up; layouts are valid; a site is
/// null or valid.
mod implementation {
    use super::{LayoutDesc, ObjectHeader, Site, StrHeader};
    use crate::abi::ArithOp;
    use crate::fault::FaultText;
    use crate::live::{self, Backoff, Clauses};
    use crate::number::{self, FloatText, IntText};
    use crate::string::{self, Str};
    use crate::{array, bounds, deferred, fault, index, object, output, pending, sys, text, trace};
    use core::cmp::Ordering;
    use core::slice;

    pub(super) use crate::host::*;
    pub(super) use crate::math::*;
    pub(super) use crate::random::random_next;
    pub(super) use crate::wide::*;

    #[inline]
    pub(super) fn print_int(value: i64) {
        output::write(IntText::new(value).as_str());
    }

    #[inline]
    pub(super) fn print_uint(value: i64) {
        output::write(IntText::unsigned(value as u64).as_str());
    }

    #[inline]
    pub(super) fn print_char(value: i64) {
        output::write(to_char(value).encode_utf8(&mut [0; 4]));
    }

    /// Compiled code keeps chars as their scalar values, so that this never fails.
    #[inline]
    fn to_char(value: i64) -> char {
        u32::try_from(value).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The value, or what stands for it after the fault was raised.
    ///
    /// # Safety
    /// See the module, for the site.
    #[inline]
    unsafe fn or_raise<T>(result: Result<T, FaultText>, site: *const Site, nothing: impl FnOnce() -> T) -> T {
        match result {
            Ok(value) => value,
            Err(text) => {
                // SAFETY: by contract.
                unsafe { pending::raise(site, text) };
                nothing()
            }
        }
    }

    #[inline]
    pub(super) fn print_float(value: f64) {
        output::write(FloatText::new(value).as_str());
    }

    #[inline]
    pub(super) fn print_bool(value: u8) {
        output::write(if value != 0 { "true" } else { "false" });
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn print_str(value: *const StrHeader) {
        // SAFETY: by contract.
        output::write(unsafe { Str::borrow_raw(value) }.as_str());
    }

    #[inline]
    pub(super) fn print_newline() {
        output::end_line();
    }

    #[inline]
    pub(super) fn flush() {
        output::flush();
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_retain(value: *const StrHeader) -> *mut StrHeader {
        // SAFETY: by contract.
        unsafe { string::retain(value.cast_mut()) };
        value.cast_mut()
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_release(value: *mut StrHeader) {
        // SAFETY: by contract.
        unsafe { string::release(value) };
    }

    #[inline]
    pub(super) fn str_from_int(value: i64) -> *mut StrHeader {
        Str::from_str(IntText::new(value).as_str()).into_raw()
    }

    #[inline]
    pub(super) fn str_from_uint(value: i64) -> *mut StrHeader {
        Str::from_str(IntText::unsigned(value as u64).as_str()).into_raw()
    }

    #[inline]
    pub(super) fn str_from_char(value: i64) -> *mut StrHeader {
        Str::from_char(to_char(value)).into_raw()
    }

    #[inline]
    pub(super) fn str_from_float(value: f64) -> *mut StrHeader {
        Str::from_str(FloatText::new(value).as_str()).into_raw()
    }

    #[inline]
    pub(super) fn str_from_bool(value: u8) -> *mut StrHeader {
        Str::from_bool(value != 0).into_raw()
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_concat(left: *mut StrHeader, right: *const StrHeader) -> *mut StrHeader {
        // SAFETY: by contract. `concat` copes with both being the same object.
        let (left, right) = unsafe { (Str::from_raw(left), Str::borrow_raw(right)) };
        left.concat(&right).into_raw()
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_len(value: *const StrHeader) -> i64 {
        // SAFETY: by contract.
        unsafe { Str::borrow_raw(value) }.len() as i64
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_eq(left: *const StrHeader, right: *const StrHeader) -> u8 {
        // SAFETY: by contract.
        let (left, right) = unsafe { (Str::borrow_raw(left), Str::borrow_raw(right)) };
        u8::from(*left == *right)
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_compare(left: *const StrHeader, right: *const StrHeader) -> i64 {
        // SAFETY: by contract.
        let (left, right) = unsafe { (Str::borrow_raw(left), Str::borrow_raw(right)) };
        match left.cmp(&right) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_repeat(value: *const StrHeader, count: i64, site: *const Site) -> *mut StrHeader {
        // SAFETY: by contract.
        unsafe { or_raise(Str::borrow_raw(value).repeat(count), site, Str::empty).into_raw() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_get(value: *const StrHeader, index: i64) -> i64 {
        // SAFETY: by contract.
        i64::from(u32::from(unsafe { Str::borrow_raw(value) }.get(index as usize)))
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_index(value: *const StrHeader, index: i64, site: *const Site) -> i64 {
        // SAFETY: by contract.
        i64::from(u32::from(unsafe { or_raise(Str::borrow_raw(value).index(index), site, char::default) }))
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_slice(
        value: *const StrHeader,
        lo: i64,
        hi: i64,
        inclusive: u8,
        site: *const Site,
    ) -> *mut StrHeader {
        // SAFETY: by contract.
        unsafe { or_raise(Str::borrow_raw(value).slice(lo, hi, inclusive != 0), site, Str::empty).into_raw() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_byte_len(value: *const StrHeader) -> i64 {
        // SAFETY: by contract.
        unsafe { Str::borrow_raw(value) }.byte_len() as i64
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_byte(value: *const StrHeader, offset: i64) -> i64 {
        // SAFETY: by contract.
        let text = unsafe { Str::borrow_raw(value) };
        text.as_str().as_bytes().get(offset as usize).map_or(0, |&byte| byte.into())
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_cut(value: *const StrHeader, lo: i64, hi: i64) -> *mut StrHeader {
        // SAFETY: by contract.
        text::cut(&*unsafe { Str::borrow_raw(value) }, lo as usize, hi as usize).into_raw()
    }

    /// An offset, or -1.
    #[inline]
    fn or_minus_one(offset: Option<usize>) -> i64 {
        offset.map_or(-1, |offset| offset as i64)
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_find(value: *const StrHeader, part: *const StrHeader, from: i64) -> i64 {
        // SAFETY: by contract.
        let (value, part) = unsafe { (Str::borrow_raw(value), Str::borrow_raw(part)) };
        or_minus_one(text::find(value.as_str(), part.as_str(), from as usize))
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_rfind(value: *const StrHeader, part: *const StrHeader) -> i64 {
        // SAFETY: by contract.
        let (value, part) = unsafe { (Str::borrow_raw(value), Str::borrow_raw(part)) };
        or_minus_one(text::rfind(value.as_str(), part.as_str()))
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_upper(value: *const StrHeader) -> *mut StrHeader {
        // SAFETY: by contract.
        text::upper(&*unsafe { Str::borrow_raw(value) }).into_raw()
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_lower(value: *const StrHeader) -> *mut StrHeader {
        // SAFETY: by contract.
        text::lower(&*unsafe { Str::borrow_raw(value) }).into_raw()
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_join(parts: *const ObjectHeader, separator: *const StrHeader) -> *mut StrHeader {
        // SAFETY: by contract.
        unsafe { text::join(parts.cast(), &Str::borrow_raw(separator)) }.into_raw()
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_from_bytes(octets: *const ObjectHeader) -> *mut StrHeader {
        // SAFETY: by contract.
        let octets = unsafe { array::elements_of::<u8>(octets.cast()) };
        // SAFETY: by contract it is UTF-8.
        Str::from_str(unsafe { core::str::from_utf8_unchecked(octets) }).into_raw()
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn utf8_error(octets: *const ObjectHeader) -> i64 {
        // SAFETY: by contract.
        or_minus_one(text::utf8_error(unsafe { array::elements_of::<u8>(octets.cast()) }))
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn str_to_bytes(value: *const StrHeader) -> *mut ObjectHeader {
        // SAFETY: by contract.
        text::to_bytes(unsafe { Str::borrow_raw(value) }.as_str()).cast()
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn parse_int(value: *const StrHeader) -> i64 {
        // SAFETY: by contract.
        number::parse_int(unsafe { Str::borrow_raw(value) }.as_str()).unwrap_or(0)
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn is_int(value: *const StrHeader) -> u8 {
        // SAFETY: by contract.
        number::parse_int(unsafe { Str::borrow_raw(value) }.as_str()).is_some().into()
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn parse_float(value: *const StrHeader) -> f64 {
        // SAFETY: by contract.
        number::parse_float(unsafe { Str::borrow_raw(value) }.as_str()).unwrap_or(f64::NAN)
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn is_float(value: *const StrHeader) -> u8 {
        // SAFETY: by contract.
        number::parse_float(unsafe { Str::borrow_raw(value) }.as_str()).is_some().into()
    }

    #[inline]
    pub(super) fn char_class(value: i64, class: i64) -> u8 {
        text::char_class(to_char(value), class).into()
    }

    #[inline]
    pub(super) fn float_bits(value: f64) -> i64 {
        value.to_bits() as i64
    }

    #[inline]
    pub(super) fn float_from_bits(bits: i64) -> f64 {
        f64::from_bits(bits as u64)
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn ref_retain(value: *const ObjectHeader) -> *mut ObjectHeader {
        let value = value.cast_mut();
        if !value.is_null() {
            // SAFETY: by contract.
            unsafe { object::retain(value) };
        }
        value
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn ref_release(value: *mut ObjectHeader) {
        if !value.is_null() {
            // SAFETY: by contract.
            unsafe { object::release(value) };
        }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn array_new(layout: *const LayoutDesc, len: i64, capacity: i64) -> *mut ObjectHeader {
        // Memory runs out for a capacity beyond the address space.
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        // SAFETY: by contract.
        unsafe { array::new(layout, len as usize, capacity).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn array_unique(array: *mut ObjectHeader) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { array::unique(array.cast()).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn array_grow(array: *mut ObjectHeader, layout: *const LayoutDesc) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { array::reserve(array.cast(), layout, 1).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn array_pop(array: *mut ObjectHeader, site: *const Site) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { or_raise(array::pop(array.cast()).map_err(|text| FaultText::new(&[text])), site, array::empty).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn array_concat(left: *mut ObjectHeader, right: *const ObjectHeader) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { array::concat(left.cast(), right.cast_mut().cast()).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn array_slice(
        array: *const ObjectHeader,
        lo: i64,
        hi: i64,
        inclusive: u8,
        site: *const Site,
    ) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { or_raise(array::slice(array.cast_mut().cast(), lo, hi, inclusive != 0), site, array::empty).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn array_repeat(array: *mut ObjectHeader, count: i64, site: *const Site) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { or_raise(array::repeat(array.cast(), count), site, array::empty).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn box_new(layout: *const LayoutDesc) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { object::new_box(layout).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn index_find_int(index: *const ObjectHeader, keys: *const ObjectHeader, key: i64) -> i64 {
        // SAFETY: by contract.
        unsafe { index::find_int(index.cast(), keys.cast(), key) }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn index_find_str(
        index: *const ObjectHeader,
        keys: *const ObjectHeader,
        key: *const StrHeader,
    ) -> i64 {
        // SAFETY: by contract.
        unsafe { index::find_str(index.cast(), keys.cast(), key) }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn index_add_int(index: *mut ObjectHeader, keys: *const ObjectHeader) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { index::add_int(index.cast(), keys.cast()).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn index_remove_int(
        index: *mut ObjectHeader,
        keys: *const ObjectHeader,
        position: i64,
    ) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { index::remove_int(index.cast(), keys.cast(), position).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn index_add_str(index: *mut ObjectHeader, keys: *const ObjectHeader) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { index::add_str(index.cast(), keys.cast()).cast() }
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn index_remove_str(
        index: *mut ObjectHeader,
        keys: *const ObjectHeader,
        position: i64,
    ) -> *mut ObjectHeader {
        // SAFETY: by contract.
        unsafe { index::remove_str(index.cast(), keys.cast(), position).cast() }
    }

    #[inline]
    pub(super) fn float_rem(left: f64, right: f64) -> f64 {
        number::float_rem(left, right)
    }

    /// # Safety
    /// See the module.
    #[inline]
    pub(super) unsafe fn float_to_int(value: f64, site: *const Site) -> i64 {
        // SAFETY: by contract.
        unsafe { or_raise(number::float_to_int(value), site, i64::default) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_division_by_zero(site: *const Site) -> ! {
        // SAFETY: by contract.
        unsafe { fault::report(site, fault::DIVISION_BY_ZERO) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_modulo_by_zero(site: *const Site) -> ! {
        // SAFETY: by contract.
        unsafe { fault::report(site, fault::MODULO_BY_ZERO) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_shift_amount(count: i64, site: *const Site) -> ! {
        // SAFETY: by contract.
        unsafe { fault::report(site, number::shift_fault(count).as_str()) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_int_range(value: i64, bits: i64, signed: u8, site: *const Site) -> ! {
        // SAFETY: by contract.
        unsafe { fault::report(site, number::int_range_fault(value, bits as u8, signed != 0).as_str()) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_overflow(op: i64, left: i64, right: i64, site: *const Site) -> ! {
        let (op, signed) = ArithOp::from_code(op);
        let text = number::overflow_fault(op, left, right, signed);
        // SAFETY: by contract.
        unsafe { fault::report(site, text.as_str()) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_index(index: i64, len: i64, site: *const Site) -> ! {
        // SAFETY: by contract.
        unsafe { fault::report(site, bounds::index_fault(index, len).as_str()) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_index_dim(index: i64, len: i64, dim: i64, site: *const Site) -> ! {
        // SAFETY: by contract.
        unsafe { fault::report(site, bounds::index_dim_fault(index, len, dim).as_str()) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_message(message: *mut StrHeader, site: *const Site) -> ! {
        // SAFETY: by contract.
        unsafe { fault::report(site, Str::from_raw(message).as_str()) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_of_main(message: *mut StrHeader) -> ! {
        // SAFETY: by contract.
        fault::report_at(None, unsafe { Str::from_raw(message) }.as_str())
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn fault_pending(site: *const Site) -> ! {
        // SAFETY: by contract.
        unsafe { fault::report(site, pending::take().as_str()) }
    }

    #[cold]
    pub(super) fn fault_again() -> ! {
        pending::report()
    }

    #[cold]
    pub(super) fn fail(failure: i64) -> ! {
        pending::set_failure(failure as u64);
        pending::report()
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn raise_division_by_zero(site: *const Site) {
        // SAFETY: by contract.
        unsafe { pending::raise(site, FaultText::new(&[fault::DIVISION_BY_ZERO])) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn raise_modulo_by_zero(site: *const Site) {
        // SAFETY: by contract.
        unsafe { pending::raise(site, FaultText::new(&[fault::MODULO_BY_ZERO])) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn raise_shift_amount(count: i64, site: *const Site) {
        // SAFETY: by contract.
        unsafe { pending::raise(site, number::shift_fault(count)) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn raise_int_range(value: i64, bits: i64, signed: u8, site: *const Site) {
        // SAFETY: by contract.
        unsafe { pending::raise(site, number::int_range_fault(value, bits as u8, signed != 0)) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn raise_overflow(op: i64, left: i64, right: i64, site: *const Site) {
        let (op, signed) = ArithOp::from_code(op);
        let text = number::overflow_fault(op, left, right, signed);
        // SAFETY: by contract.
        unsafe { pending::raise(site, text) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn raise_index(index: i64, len: i64, site: *const Site) {
        // SAFETY: by contract.
        unsafe { pending::raise(site, bounds::index_fault(index, len)) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn raise_index_dim(index: i64, len: i64, dim: i64, site: *const Site) {
        // SAFETY: by contract.
        unsafe { pending::raise(site, bounds::index_dim_fault(index, len, dim)) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn raise_message(message: *mut StrHeader, site: *const Site) {
        // SAFETY: by contract.
        unsafe { pending::raise(site, FaultText::from(Str::from_raw(message))) }
    }

    /// # Safety
    /// See the module.
    #[cold]
    pub(super) unsafe fn raise_pending(site: *const Site) {
        // SAFETY: by contract.
        unsafe { pending::raise_from(site) }
    }

    #[cold]
    pub(super) fn raise_again() {
        pending::go_on();
    }

    pub(super) fn raise_failure(failure: i64) {
        pending::set_failure(failure as u64);
    }

    pub(super) fn failure_take(failure: i64) -> u8 {
        u8::from(pending::take_failure(failure as u64))
    }

    pub(super) fn defer_enter() {
        deferred::enter();
    }

    pub(super) fn defer_begin() {
        deferred::begin();
    }

    #[cold]
    pub(super) fn defer_faulted() {
        deferred::faulted();
    }

    pub(super) fn defer_end() -> u8 {
        u8::from(deferred::end())
    }

    #[inline]
    pub(super) fn fault_is_pending() -> u8 {
        u8::from(pending::is_some())
    }

    pub(super) fn live_enter(attempts: i64, within: i64) {
        let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
        // Where no time passes, none runs out.
        let within = u64::try_from(within).ok().filter(|_| sys::HAS_CLOCK);
        live::enter(Clauses { attempts, within, backoff: None });
    }

    pub(super) fn live_backoff(base_ms: i64, factor: i64, max_ms: i64) {
        let linear = factor < 0;
        let [base_ms, factor, max_ms] = [base_ms, factor, max_ms].map(|n| u64::try_from(n).unwrap_or(0));
        live::set_backoff(Backoff { base_ms, factor, max_ms, linear });
    }

    #[cold]
    pub(super) unsafe fn live_failed(site: *const Site) -> u8 {
        if pending::has_failure() {
            live::abandon();
            return 0;
        }
        // SAFETY: by contract.
        let position = unsafe { fault::position(site) };
        match live::failed(pending::take().as_str(), position) {
            live::Verdict::Retry => 1,
            live::Verdict::GiveUp(text) => {
                pending::set(text);
                0
            }
        }
    }

    pub(super) fn live_succeeded() {
        live::succeeded();
    }

    /// # Safety
    /// See the module.
    pub(super) unsafe fn live_retries(site: *const Site) -> i64 {
        // SAFETY: by contract.
        unsafe { or_raise(live::retries(), site, i64::default) }
    }

    /// # Safety
    /// See the module.
    pub(super) unsafe fn inject_fault(number: i64, site: *const Site) {
        // SAFETY: by contract.
        unsafe { or_raise(live::inject_fault(number), site, || ()) }
    }

    pub(super) fn live_total_retries() -> i64 {
        live::total_retries()
    }

    pub(super) fn live_total_exhaustions() -> i64 {
        live::total_exhaustions()
    }

    /// # Safety
    /// See the module.
    pub(super) unsafe fn trace_enter(name: *const StrHeader, site: *const Site) {
        // SAFETY: by contract; names of functions and sites are constant data of the program.
        unsafe { trace::enter(static_str(name), fault::position(site)) }
    }

    /// # Safety
    /// See the module.
    pub(super) unsafe fn trace_enter_inner(name: *const StrHeader) {
        // SAFETY: as above.
        unsafe { trace::enter(static_str(name), None) }
    }

    /// # Safety
    /// The string is a literal.
    unsafe fn static_str(literal: *const StrHeader) -> &'static str {
        // SAFETY: so many bytes of UTF-8 follow the header.
        unsafe { str::from_utf8_unchecked(slice::from_raw_parts(literal.add(1).cast(), (*literal).len)) }
    }

    pub(super) fn trace_leave() {
        trace::leave();
    }

    pub(super) fn trace_reports() {
        trace::show_in_reports();
    }

    pub(super) fn trace_depth() -> i64 {
        trace::depth() as i64
    }

    pub(super) fn trace_truncate(depth: i64) {
        trace::truncate(depth as usize);
    }

    pub(super) fn trace_len() -> i64 {
        trace::len() as i64
    }

    pub(super) fn trace_line(index: i64) -> *mut StrHeader {
        trace::line(usize::try_from(index).unwrap_or(usize::MAX)).into_raw()
    }

    #[cold]
    pub(super) fn exit(status: i64) -> ! {
        output::exit(status)
    }
}

/// The Rust type of a kind.
macro_rules! abi_type {
    (Int) => { i64 };
    (Float) => { f64 };
    (Bool) => { u8 };
    (Str) => { *const StrHeader };
    (OwnedStr) => { *mut StrHeader };
    (Ref) => { *const ObjectHeader };
    (OwnedRef) => { *mut ObjectHeader };
    (Layout) => { *const LayoutDesc };
}

/// The exported function of a row. With `faults` or `sited`, a site follows the arguments.
macro_rules! export {
    ([faults] $name:ident($($arg:ident: $kind:ident),*) -> $result:ident; $($doc:tt)*) => {
        export!(@define $name($($arg: $kind,)*) (site: *const Site) -> $result; $($doc)*);
    };
    ([sited] $($row:tt)*) => {
        export!([faults] $($row)*);
    };
    ([$($other:ident)?] $name:ident($($arg:ident: $kind:ident),*) -> $result:ident; $($doc:tt)*) => {
        export!(@define $name($($arg: $kind,)*) () -> $result; $($doc)*);
    };
    (@define $name:ident($($arg:ident: $kind:ident,)*) ($($site:ident: $site_ty:ty)?) -> Void; $($doc:tt)*) => {
        export!(@function $name($($arg: abi_type!($kind),)* $($site: $site_ty)?) (); $($doc)*);
    };
    (@define $name:ident($($arg:ident: $kind:ident,)*) ($($site:ident: $site_ty:ty)?) -> Never; $($doc:tt)*) => {
        export!(@function $name($($arg: abi_type!($kind),)* $($site: $site_ty)?) (-> !); $($doc)*);
    };
    (@define $name:ident($($arg:ident: $kind:ident,)*) ($($site:ident: $site_ty:ty)?) -> $result:ident; $($doc:tt)*) => {
        export!(@function $name($($arg: abi_type!($kind),)* $($site: $site_ty)?) (-> abi_type!($result)); $($doc)*);
    };
    (@function $name:ident($($arg:ident: $ty:ty),* $(,)?) ($($result:tt)*); $($doc:tt)*) => {
        $($doc)*
        ///
        /// # Safety
        /// Strings point to string objects, references to objects of the right kind; an owned one is counted and given up
        /// here. Layouts are valid. A site is null or valid.
        #[unsafe(export_name = concat!("resilient_", stringify!($name)))]
        #[allow(unused_unsafe, reason = "some entries take nothing that could be wrong")]
        pub unsafe extern "C" fn $name($($arg: $ty),*) $($result)* {
            // SAFETY: by contract.
            unsafe { implementation::$name($($arg),*) }
        }
    };
}

/// Arguments and results as the VM keeps them.
macro_rules! from_word {
    (Int, $word:expr) => {
        $word as i64
    };
    (Float, $word:expr) => {
        f64::from_bits($word)
    };
    (Bool, $word:expr) => {
        $word as u8
    };
    (Str, $word:expr) => {
        $word as usize as *const StrHeader
    };
    (OwnedStr, $word:expr) => {
        $word as usize as *mut StrHeader
    };
    (Ref, $word:expr) => {
        $word as usize as *const ObjectHeader
    };
    (OwnedRef, $word:expr) => {
        $word as usize as *mut ObjectHeader
    };
    (Layout, $word:expr) => {
        $word as usize as *const LayoutDesc
    };
}

macro_rules! into_word {
    (Void, $call:expr) => {{
        $call;
        0
    }};
    (Never, $call:expr) => {
        $call
    };
    (Int, $call:expr) => {
        $call as u64
    };
    (Float, $call:expr) => {
        f64::to_bits($call)
    };
    (Bool, $call:expr) => {
        u64::from($call)
    };
    (OwnedStr, $call:expr) => {
        $call as usize as u64
    };
    (OwnedRef, $call:expr) => {
        $call as usize as u64
    };
}

/// The case of a row in `invoke`.
macro_rules! call {
    ($args:ident $site:ident [faults] $name:ident($($kind:ident),*) -> $result:ident) => {
        into_word!($result, implementation::$name($(from_word!($kind, call!(@next $args)),)* $site))
    };
    ($args:ident $site:ident [sited] $($row:tt)*) => {
        call!($args $site [faults] $($row)*)
    };
    ($args:ident $site:ident [$($other:ident)?] $name:ident($($kind:ident),*) -> $result:ident) => {
        into_word!($result, implementation::$name($(from_word!($kind, call!(@next $args))),*))
    };
    (@next $args:ident) => {{
        let word = *$args;
        $args = $args.add(1);
        word
    }};
}

macro_rules! define {
    ($($(#[$doc:meta])* [$($flag:ident)?] $variant:ident: $name:ident($($arg:ident: $kind:ident),*) -> $result:ident;)*) => {
        $(export!([$($flag)?] $name($($arg: $kind),*) -> $result; $(#[$doc])*);)*

        /// The address of an entry, for code made in memory.
        pub fn address(f: RtFn) -> *const u8 {
            match f {
                $(RtFn::$variant => $name as *const u8,)*
            }
        }

        /// Calls an entry with untyped words: ints as they are, floats as their bits, bools as 0 or 1, strings as
        /// addresses. The result has the same form, and is 0 where there is none. Entries that take none ignore `site`.
        ///
        /// # Safety
        /// `args` holds as many words as the entry takes arguments, and what they mean is as the entry itself demands.
        #[inline]
        #[allow(unused_assignments, unused_mut, reason = "the last argument needs no step")]
        pub unsafe fn invoke(f: RtFn, args: &[u64], site: *const Site) -> u64 {
            debug_assert_eq!(args.len(), f.sig().params.len(), "{f:?}");
            let mut next = args.as_ptr();
            // SAFETY: by contract there are as many arguments as are read here, and they are right for the entry.
            #[allow(unused_unsafe, reason = "some entries take nothing that could be wrong")]
            unsafe {
                match f {
                    $(RtFn::$variant => call!(next site [$($flag)?] $name($($kind),*) -> $result),)*
                }
            }
        }
    };
}

for_each_runtime_fn!(define);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::string::Str;

    fn call(f: RtFn, args: &[u64]) -> u64 {
        // SAFETY: the tests below pass what the entries take.
        unsafe { invoke(f, args, core::ptr::null()) }
    }

    #[test]
    fn words_carry_all_kinds() {
        assert_eq!(f64::from_bits(call(RtFn::FloatRem, &[(-7.5_f64).to_bits(), 2.0_f64.to_bits()])), -1.5);
        assert_eq!(call(RtFn::FloatToInt, &[(-2.9_f64).to_bits()]) as i64, -2);
        let left = call(RtFn::StrFromInt, &[-42_i64 as u64]);
        let right = call(RtFn::StrFromBool, &[1]);
        let both = call(RtFn::StrConcat, &[left, right]);
        assert_eq!(call(RtFn::StrLen, &[both]), 7);
        assert_eq!(call(RtFn::StrCompare, &[both, right]) as i64, -1);
        assert_eq!(call(RtFn::StrEq, &[both, both]), 1);
        let again = call(RtFn::StrRetain, &[both]);
        assert_eq!(call(RtFn::StrRelease, &[again]), 0);
        let three = call(RtFn::StrRepeat, &[both, 3]);
        // SAFETY: the last references of both.
        let (both, three) = unsafe { (Str::from_raw(both as *mut _), Str::from_raw(three as *mut _)) };
        assert_eq!((both.as_str(), three.as_str()), ("-42true", "-42true-42true-42true"));
    }

    #[test]
    fn faults_of_live_blocks_are_pending_and_decide_about_the_next_attempt() {
        call(RtFn::LiveEnter, &[2, -1_i64 as u64]);
        call(RtFn::LiveBackoff, &[0, 2, 0]);
        assert_eq!(call(RtFn::FaultIsPending, &[]), 0);
        call(RtFn::RaiseDivisionByZero, &[]);
        assert_eq!(call(RtFn::FaultIsPending, &[]), 1);
        assert_eq!(call(RtFn::LiveFailed, &[]), 1);
        assert_eq!((call(RtFn::FaultIsPending, &[]), call(RtFn::LiveRetries, &[])), (0, 1));
        let empty = Str::empty().into_raw() as u64;
        assert_eq!(call(RtFn::StrIndex, &[empty, 3]), 0);
        assert_eq!(call(RtFn::LiveFailed, &[]), 0);
        let expected = "Live block failed after 2 attempts (retry depth: 1): String index 3 out of bounds for length 0";
        assert_eq!(crate::pending::take().as_str(), expected);
        assert_eq!(call(RtFn::FaultIsPending, &[]), 0);
    }

    #[test]
    fn an_inner_block_that_gave_up_is_a_fault_of_the_outer_one() {
        call(RtFn::LiveEnter, &[2, -1_i64 as u64]);
        call(RtFn::LiveEnter, &[1, -1_i64 as u64]);
        let message = Str::from_str("m").into_raw() as u64;
        call(RtFn::RaiseMessage, &[message]);
        assert_eq!(call(RtFn::LiveFailed, &[]), 0);
        call(RtFn::RaisePending, &[]);
        assert_eq!((call(RtFn::FaultIsPending, &[]), call(RtFn::LiveFailed, &[])), (1, 1));
        call(RtFn::LiveSucceeded, &[]);
        assert_eq!((call(RtFn::LiveTotalRetries, &[]), call(RtFn::LiveTotalExhaustions, &[])), (1, 1));
    }

    #[test]
    fn addresses_are_distinct_entries() {
        let mut addresses: std::vec::Vec<_> = RtFn::ALL.iter().map(|&f| address(f)).collect();
        addresses.sort();
        addresses.dedup();
        assert_eq!(addresses.len(), RtFn::ALL.len());
    }
}
