//! `resilientc build`: an executable, or one of the intermediate forms.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use bumpalo::Bump;
use resilient_link::Target;
use resilient_link::image::Image;
use resilient_sema::Options;

use crate::cli::{BuildArgs, Emit};
use crate::error::Error;
use crate::output::{Mode, Output, to_stdout};
use crate::pipeline::{self, Loaded};
use crate::prove;
use crate::render;
use crate::timings::Timings;

/// What a build makes.
enum Product {
    /// For people: standard output will do.
    Text(String),
    /// For other tools.
    Object(Vec<u8>),
    /// For the user of the program.
    Executable(Vec<u8>),
    /// For the flash of a board.
    Image(Box<Image>),
}

/// Builds; gives the exit status. Nothing is written before all of it is there.
pub fn build(args: &BuildArgs, timings: &mut Timings) -> Result<i32, Error> {
    let target = Target::find(&args.target)?;
    let loaded = timings.phase("read", || Loaded::read(&args.file))?;
    if args.size && (target.board.is_none() || args.emit.is_some()) {
        return Err(Error::Stage { doing: "show sizes", reason: "only images for boards have them".to_string() });
    }
    let output = output(args, &target)?;
    let product = make(loaded, args, &target, timings)?;
    timings.phase("write", || match (product, &output) {
        (Product::Image(image), Some(output)) => write_image(&image, args, output),
        (Product::Text(text), None) => to_stdout(text.as_bytes()),
        (Product::Text(text), Some(output)) => output.write(text.as_bytes(), Mode::Data),
        (Product::Object(bytes), Some(output)) => output.write(&bytes, Mode::Data),
        (Product::Executable(bytes), Some(output)) => output.write(&bytes, Mode::Executable),
        (Product::Object(_) | Product::Executable(_) | Product::Image(_), None) => {
            unreachable!("these have a default name")
        }
    })?;
    Ok(0)
}

/// Writes an image in the format that the extension of the output names, ELF if none does; without `-o` in all of them.
fn write_image(image: &Image, args: &BuildArgs, output: &Output) -> Result<(), Error> {
    match args.out.as_deref().map(|out| out.extension().and_then(OsStr::to_str)) {
        Some(Some("bin")) => output.write(image.bin(), Mode::Data)?,
        Some(Some("hex")) => output.write(image.hex().as_bytes(), Mode::Data)?,
        Some(_) => output.write(&image.elf(), Mode::Data)?,
        None => {
            output.write(&image.elf(), Mode::Data)?;
            let other = |extension| Output::new(&default_name(&args.file, extension), &args.file);
            other("bin")?.write(image.bin(), Mode::Data)?;
            other("hex")?.write(image.hex().as_bytes(), Mode::Data)?;
        }
    }
    if args.size { to_stdout(image.sizes().to_string().as_bytes()) } else { Ok(()) }
}

/// Where the product goes; `None` is standard output.
fn output(args: &BuildArgs, target: &Target) -> Result<Option<Output>, Error> {
    let default = match args.emit {
        _ if args.out.is_some() => None,
        None if target.board.is_some() => Some(default_name(&args.file, "elf")),
        None => Some(default_name(&args.file, "")),
        Some(Emit::Obj) => Some(default_name(&args.file, "o")),
        Some(Emit::Tokens | Emit::Ast | Emit::Typed | Emit::Mir | Emit::Clif | Emit::Asm | Emit::Bytecode) => None,
    };
    args.out.as_ref().or(default.as_ref()).map(|path| Output::new(path, &args.file)).transpose()
}

/// The name of the source file with another extension, in the current directory.
fn default_name(source: &Path, extension: &str) -> PathBuf {
    PathBuf::from(source.file_name().unwrap_or_default()).with_extension(extension)
}

fn make(loaded: Loaded, args: &BuildArgs, target: &Target, timings: &mut Timings) -> Result<Product, Error> {
    let (trees, types) = (Bump::new(), Bump::new());
    if args.emit == Some(Emit::Tokens) {
        let tokens = loaded.print_tokens().map_err(|rejected| pipeline::reject(&rejected))?;
        return Ok(Product::Text(tokens));
    }
    let parsed = timings.phase("parse", || loaded.parse(&trees));
    if args.emit == Some(Emit::Ast) {
        let parsed = parsed.accept_syntax().map_err(|rejected| pipeline::reject(&rejected))?;
        return Ok(Product::Text(parsed.print()));
    }
    let mut options = Options { backtrace: args.backtrace, ..pipeline::options(&args.config, &target.name) };
    options.safety_critical = args.proofs.safety_critical;
    let checked = timings.phase("check", || parsed.check(&types, &options));
    let checked = pipeline::accept(checked.and_then(|checked| prove::demand(checked, &args.proofs, timings)))?;
    if args.audit {
        let report = prove::report(&checked).map_err(|error| pipeline::reject_one(&checked, error))?;
        render::write_stderr(report.as_bytes());
    }
    if args.emit == Some(Emit::Typed) {
        return Ok(Product::Text(checked.print()));
    }
    let lowered = checked.lower(args.opt_level, timings)?;
    match args.emit {
        Some(Emit::Mir) => Ok(Product::Text(lowered.print())),
        Some(Emit::Bytecode) => lowered.print_bytecode().map(Product::Text),
        Some(Emit::Clif) => lowered.print_clif(target).map(Product::Text),
        Some(Emit::Asm) => lowered.print_asm(target).map(Product::Text),
        Some(Emit::Obj) => lowered.object(target, timings).map(Product::Object),
        None => {
            let object = lowered.object(target, timings)?;
            match target.board {
                Some(_) => pipeline::link_image(&object, target, timings).map(|image| Product::Image(Box::new(image))),
                None => pipeline::link(&object, target, timings).map(Product::Executable),
            }
        }
        Some(Emit::Tokens | Emit::Ast | Emit::Typed) => unreachable!("made above"),
    }
}
