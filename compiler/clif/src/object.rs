//! Object files, for the linker to join with the runtime's archive.
//!
//! The object defines `resilient_program`, the only symbol for others to see. Each function has a section, so that the
//! linker may drop and order them. It is made for a static executable that is not relocated: calls and data are
//! addressed directly, without a global offset table.
//!
//! The same program and options give the same bytes.

use cranelift_module::{Module as Output, default_libcall_names};
use cranelift_object::{ObjectBuilder, ObjectModule};
use resilient_mir::ir::Module as Program;
use resilient_thumb::module::ThumbModule;

use crate::compile::compile_program;
use crate::error::{CodegenError, Phase};
use crate::target::{Options, RuntimeDistance, Target};

/// The program as the bytes of an object file.
pub fn compile_object(program: &Program, options: &Options) -> Result<Vec<u8>, CodegenError> {
    let target = Target::new(options, RuntimeDistance::Near)?;
    if let Some(thumb) = target.thumb {
        let mut output = ThumbModule::new(target.isa.clone(), thumb);
        compile_program(program, &target, &mut output)?;
        return output.finish().map_err(|error| CodegenError::new(Phase::Finish, error));
    }
    let mut output = new_object(program, &target)?;
    compile_program(program, &target, &mut output)?;
    output.finish().emit().map_err(|error| CodegenError::new(Phase::Finish, error))
}

/// An empty output module for a target, to declare things in that are only printed.
pub(crate) fn new_output(program: &Program, target: &Target) -> Result<Box<dyn Output>, CodegenError> {
    Ok(match target.thumb {
        Some(thumb) => Box::new(ThumbModule::new(target.isa.clone(), thumb)),
        None => Box::new(new_object(program, target)?),
    })
}

/// An empty object file for `program`.
fn new_object(program: &Program, target: &Target) -> Result<ObjectModule, CodegenError> {
    let name = program.files.values().next().map_or("program", |name| name);
    let mut builder = ObjectBuilder::new(target.isa.clone(), name, default_libcall_names())
        .map_err(|error| CodegenError::new(Phase::Target, error))?;
    builder.per_function_section(true);
    Ok(ObjectModule::new(builder))
}
