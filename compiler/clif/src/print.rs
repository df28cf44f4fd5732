//! What would be compiled, as text: Cranelift IR, or machine code.
//!
//! In the Cranelift IR a comment above each group of instructions shows the MIR they come from, and each reference to
//! the outside has its name beside it:
//!
//! ```text
//! ; fn0 "fib"
//! function u0:0(i64) -> i64 tail {
//!     sig0 = (i64) -> i64 tail
//!     fn0 = colocated u0:0 sig0 ; fn0.fib
//!
//! block0(v0: i64): ; block0(v0: n)
//!     ; v1: i64 = iconst 2
//!     v1 = iconst.i64 2
//! ```

use std::fmt::{self, Write};

use cranelift_codegen::Context;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::entities::AnyEntity;
use cranelift_codegen::ir::{self, ExternalName, GlobalValueData, SourceLoc, UserExternalName};
use cranelift_codegen::write::{FuncWriter, PlainWriter, decorate_function};
use cranelift_module::{DataId, FuncId as OutputFunc, Module as Output, ModuleDeclarations};
use resilient_base::EntityRef;
use resilient_mir::ir::{Block, FuncId, Function, Inst, Module as Program};
use resilient_mir::print::{print_inst, print_terminator};
use resilient_thumb::CodeGenerator;

use crate::body::BlockMap;
use crate::compile::Compiler;
use crate::declare::{Declared, declare};
use crate::error::{CodegenError, Phase};
use crate::object::new_output;
use crate::target::{Options, RuntimeDistance, Target};

/// The Cranelift IR of all functions, before Cranelift optimizes it.
pub fn print_clif(program: &Program, options: &Options) -> Result<String, CodegenError> {
    let printer = Printer::new(program, options)?;
    printer.print(true, |compiler, context, id, out| {
        let blocks = compiler.build(context, id)?;
        let origins = take_origins(&mut context.func);
        let names = printer.output.declarations();
        let func = &program.funcs[id];
        let mut writer = CommentedWriter { func, names, origins, blocks: invert(func, &blocks), last: None };
        decorate_function(&mut writer, out, &context.func).map_err(|error| CodegenError::new(Phase::Finish, error))
    })
}

/// The machine code of all functions, before linking.
pub fn print_asm(program: &Program, options: &Options) -> Result<String, CodegenError> {
    let printer = Printer::new(program, options)?;
    printer.print(false, |compiler, context, id, out| {
        compiler.build(context, id)?;
        let (mut text, reference): (_, fn(&dyn fmt::Display) -> String) = match &printer.target.thumb {
            Some(thumb) => {
                let code = thumb.compile(context, true);
                let code = code.map_err(|error| CodegenError::in_function(Phase::Compile, program, id, error))?;
                (code.text.unwrap_or_default(), |number| number.to_string())
            }
            None => {
                context.set_disasm(true);
                compiler.generate(context, id)?;
                let code = context.compiled_code().expect("just compiled");
                (code.vcode.clone().unwrap_or_default(), |number| format!("User({number})"))
            }
        };
        // From the last on, as the text of one may be the start of another's.
        for (number, name) in context.func.params.user_named_funcs().iter().rev() {
            text = text.replace(&reference(&number), &symbol_name(printer.output.declarations(), name));
        }
        out.push_str(&text);
        Ok(())
    })
}

/// What both forms need: names, in an object file that is never written.
struct Printer<'a> {
    program: &'a Program,
    target: Target,
    output: Box<dyn Output>,
    declared: Declared,
}

impl<'a> Printer<'a> {
    fn new(program: &'a Program, options: &Options) -> Result<Printer<'a>, CodegenError> {
        let target = Target::new(options, RuntimeDistance::Near)?;
        let mut output = new_output(program, &target)?;
        let declared = declare(program, &target, &mut *output)?;
        Ok(Printer { program, target, output, declared })
    }

    /// All functions as `print` shows them, each under its name.
    fn print(
        &self,
        mark_origins: bool,
        print: impl Fn(&Compiler<'_>, &mut Context, FuncId, &mut String) -> Result<(), CodegenError>,
    ) -> Result<String, CodegenError> {
        let compiler = Compiler { program: self.program, target: &self.target, declared: &self.declared, mark_origins };
        let mut context = Context::new();
        let mut out = String::new();
        for id in compiler.functions() {
            if !out.is_empty() {
                out.push('\n');
            }
            let _ = writeln!(out, "; {id} {:?}", self.program.funcs[id].name);
            print(&compiler, &mut context, id, &mut out)?;
        }
        Ok(out)
    }
}

/// Where CLIF comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Inst(Inst),
    Terminator(Block),
}

/// The source location that stands for an instruction.
pub(crate) fn inst_mark(inst: Inst) -> SourceLoc {
    SourceLoc::new(inst.as_u32())
}

/// The source location that stands for the terminator of a block: behind all instructions.
pub(crate) fn terminator_mark(func: &Function, block: Block) -> SourceLoc {
    SourceLoc::new(func.insts.len() as u32 + block.as_u32())
}

fn origin(func: &Function, mark: SourceLoc) -> Option<Origin> {
    let index = mark.bits() as usize;
    match index.checked_sub(func.insts.len()) {
        _ if mark.is_default() => None,
        None => Some(Origin::Inst(Inst::new(index))),
        Some(block) => Some(Origin::Terminator(Block::new(block))),
    }
}

/// Takes the source locations out of a function, which otherwise are printed as numbers.
fn take_origins(func: &mut ir::Function) -> SecondaryMap<ir::Inst, SourceLoc> {
    let mut origins = SecondaryMap::new();
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block) {
            origins[inst] = func.srcloc(inst);
        }
    }
    func.srclocs.clear();
    origins
}

fn invert(func: &Function, blocks: &BlockMap) -> SecondaryMap<ir::Block, Option<Block>> {
    let mut inverse = SecondaryMap::new();
    for &block in &func.layout {
        if let Some(clif) = blocks[block].expand() {
            inverse[clif] = Some(block);
        }
    }
    inverse
}

/// The symbol behind a reference to the outside.
fn symbol_name(names: &ModuleDeclarations, name: &UserExternalName) -> String {
    match name.namespace {
        0 => {
            let id = OutputFunc::from_u32(name.index);
            names.get_function_decl(id).linkage_name(id).into_owned()
        }
        _ => {
            let id = DataId::from_u32(name.index);
            names.get_data_decl(id).linkage_name(id).into_owned()
        }
    }
}

/// Writes CLIF with comments.
struct CommentedWriter<'a> {
    func: &'a Function,
    names: &'a ModuleDeclarations,
    origins: SecondaryMap<ir::Inst, SourceLoc>,
    blocks: SecondaryMap<ir::Block, Option<Block>>,
    /// What the last comment showed.
    last: Option<Origin>,
}

impl CommentedWriter<'_> {
    /// The name of the MIR block and of the variables in its parameters.
    fn block_comment(&self, block: Block) -> String {
        let params: Vec<_> = (self.func.blocks[block].params.iter())
            .map(|&v| match &self.func.values[v].name {
                Some(name) => format!("{v}: {}", name.escape_debug()),
                None => v.to_string(),
            })
            .collect();
        if params.is_empty() { block.to_string() } else { format!("{block}({})", params.join(", ")) }
    }
}

impl FuncWriter for CommentedWriter<'_> {
    fn write_block_header(
        &mut self,
        w: &mut dyn Write,
        func: &ir::Function,
        block: ir::Block,
        indent: usize,
    ) -> fmt::Result {
        let mut header = String::new();
        PlainWriter.write_block_header(&mut header, func, block, indent)?;
        match self.blocks[block] {
            Some(origin) => writeln!(w, "{} ; {}", header.trim_end(), self.block_comment(origin)),
            None => w.write_str(&header),
        }
    }

    fn write_instruction(
        &mut self,
        w: &mut dyn Write,
        func: &ir::Function,
        aliases: &SecondaryMap<ir::Value, Vec<ir::Value>>,
        inst: ir::Inst,
        indent: usize,
    ) -> fmt::Result {
        let origin = origin(self.func, self.origins[inst]);
        if origin != self.last {
            self.last = origin;
            let text = match origin {
                Some(Origin::Inst(inst)) => print_inst(self.func, inst),
                Some(Origin::Terminator(block)) => print_terminator(&self.func.blocks[block].terminator),
                None => String::new(),
            };
            writeln!(w, "{:indent$}; {text}", "")?;
        }
        PlainWriter.write_instruction(w, func, aliases, inst, indent)
    }

    fn write_entity_definition(
        &mut self,
        w: &mut dyn Write,
        func: &ir::Function,
        entity: AnyEntity,
        value: &dyn fmt::Display,
    ) -> fmt::Result {
        let name = match entity {
            AnyEntity::FuncRef(func_ref) => Some(&func.dfg.ext_funcs[func_ref].name),
            AnyEntity::GlobalValue(global) => match &func.global_values[global] {
                GlobalValueData::Symbol { name, .. } => Some(name),
                _ => None,
            },
            _ => None,
        };
        match name {
            Some(ExternalName::User(name)) => {
                let name = symbol_name(self.names, &func.params.user_named_funcs()[*name]);
                writeln!(w, "    {entity} = {value} ; {name}")
            }
            _ => writeln!(w, "    {entity} = {value}"),
        }
    }
}
