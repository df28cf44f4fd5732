//! From MIR to machine code by way of Cranelift IR.
//!
//! One builder makes Cranelift IR ("CLIF") out of a [MIR module](resilient_mir::ir::Module) and hands machine code to
//! any [`cranelift_module::Module`]; it does not know whether that is memory to be run or an object file. Two thin
//! drivers stand on it: [`jit`] runs the program at once inside this process, [`object`] gives the bytes of an object
//! file, which the linker joins with the runtime's archive. [`mod@print`] shows what either would compile.
//!
//! # Shape
//!
//! | module | what it does |
//! |---|---|
//! | [`target`] | options, the instruction set with its settings, conventions that follow from the target |
//! | `declare` | names of everything in the output module; which runtime entries, literals, layouts and sites are used |
//! | `data` | bytes of literals, layouts, globals, file names and sites |
//! | `signature` | how functions and runtime entries take arguments and give results |
//! | `body`, `inst`, `switch`, `call`, `count`, `heap`, `division` | the body of one function |
//! | `compile` | all functions to machine code, on several threads when there are many |
//!
//! # What is taken for granted
//!
//! The MIR verifies. An error here is therefore a limit (a frame of more than 128 MiB) or a mistake of this compiler;
//! [`CodegenError`] says in which function and phase, and shows its MIR.
//!
//! # What it does not do
//!
//! It does not optimize across instructions: what MIR passes leave and Cranelift does not improve within a function
//! stays. Blocks are laid out by Cranelift; here it is only said which are cold.

mod body;
mod call;
mod compile;
mod count;
mod data;
mod declare;
mod division;
mod error;
mod heap;
mod inst;
pub mod jit;
pub mod object;
mod overflow;
pub mod print;
mod signature;
mod switch;
pub mod target;

pub use error::{CodegenError, Phase};
pub use jit::jit_run;
pub use object::compile_object;
pub use print::{print_asm, print_clif};
pub use target::{Cpu, OptLevel, Options};
