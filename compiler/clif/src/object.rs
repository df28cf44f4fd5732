//! Object files, for the linker to join with the runtime's archive.
//!
//! The object defines `resilient_program`, the only symbol for others to see. Each function has a section, so that the
//! linker may drop and order them. It is made for a static executable that is not relocated: calls and data are
//! addressed directly, without a global offset table.
//!
//! The same program and options give the same bytes.

use cranelift_module::default_libcall_names;
use cranelift_object::{ObjectBuilder, ObjectModule};
use resilient_mir::ir::Module as Program;

use crate::compile::compile_program;
use crate::error::{CodegenError, Phase};
use crate::target::{Options, RuntimeDistance, Target};

/// The program as the bytes of an object file.
pub fn compile_object(program: &Program, options: &Options) -> Result<Vec<u8>, CodegenError> {
    let target = Target::new(options, RuntimeDistance::Near)?;
    let mut output = new_object(program, &target)?;
    compile_program(program, &target, &mut output)?;
    output.finish().emit().map_err(|error| CodegenError::new(Phase::Finish, error))
}

/// An empty object file for `program`.
pub(crate) fn new_object(program: &Program, target: &Target) -> Result<ObjectModule, CodegenError> {
    let name = program.files.values().next().map_or("program", |name| name);
    let mut builder = ObjectBuilder::new(target.isa.clone(), name, default_libcall_names())
        .map_err(|error| CodegenError::new(Phase::Target, error))?;
    builder.per_function_section(true);
    Ok(ObjectModule::new(builder))
}
