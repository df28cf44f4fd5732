//! The registers of the running function, and what they hold.

use std::ptr;

use crate::operand::{Reg, Slot};
use resilient_abi::StrHeader;

/// The registers of the running function.
#[derive(Clone, Copy)]
pub(crate) struct Window(pub *mut u64);

impl Window {
    /// # Safety
    /// The register is in the window.
    #[inline(always)]
    pub unsafe fn get(self, reg: Reg) -> u64 {
        // SAFETY: by contract.
        unsafe { *self.0.add(reg.0 as usize) }
    }

    /// # Safety
    /// The register is in the window.
    #[inline(always)]
    pub unsafe fn int(self, reg: Reg) -> i64 {
        // SAFETY: by contract.
        unsafe { self.get(reg) as i64 }
    }

    /// # Safety
    /// The register is in the window.
    #[inline(always)]
    pub unsafe fn float(self, reg: Reg) -> f64 {
        // SAFETY: by contract.
        f64::from_bits(unsafe { self.get(reg) })
    }

    /// # Safety
    /// The register is in the window.
    #[inline(always)]
    pub unsafe fn float32(self, reg: Reg) -> f32 {
        // SAFETY: by contract.
        f32::from_bits(unsafe { self.get(reg) } as u32)
    }

    /// # Safety
    /// The register is in the window and holds a string.
    #[inline(always)]
    pub unsafe fn string(self, reg: Reg) -> *mut StrHeader {
        // SAFETY: by contract.
        string_ptr(unsafe { self.get(reg) })
    }

    /// # Safety
    /// The register is in the window.
    #[inline(always)]
    pub unsafe fn set(self, reg: Reg, value: impl Word) {
        // SAFETY: by contract.
        unsafe { *self.0.add(reg.0 as usize) = value.word() };
    }

    /// # Safety
    /// The slot is in the window.
    #[inline(always)]
    pub unsafe fn slot(self, slot: Slot) -> *mut u64 {
        // SAFETY: by contract.
        unsafe { self.0.add(slot.0 as usize) }
    }
}

/// What registers hold. Narrow integers are extended as their type says.
pub(crate) trait Word: Copy {
    fn word(self) -> u64;
}

macro_rules! int_word {
    ($($ty:ty),*) => { $(
        impl Word for $ty {
            #[inline(always)]
            fn word(self) -> u64 {
                self as u64
            }
        }
    )* };
}

// `as` extends by the sign of its operand.
int_word!(bool, i8, u8, i16, u16, i32, u32, i64, u64);

impl Word for f64 {
    #[inline(always)]
    fn word(self) -> u64 {
        self.to_bits()
    }
}

impl Word for f32 {
    #[inline(always)]
    fn word(self) -> u64 {
        self.to_bits().into()
    }
}

/// A string as a register holds it.
#[inline(always)]
pub(crate) fn string_ptr(word: u64) -> *mut StrHeader {
    ptr::with_exposed_provenance_mut(word as usize)
}

/// An object as a register holds it.
#[inline(always)]
pub(crate) fn object_word<T>(object: *mut T) -> u64 {
    object.expose_provenance() as u64
}
