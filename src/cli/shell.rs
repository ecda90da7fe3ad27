//! `completions` and `man`: what a shell and `man` need to know of the arguments, made from their own table.

use super::args::{self, Args};
use super::error::Failure;
use clap::CommandFactory;
use std::io::Write;

pub(super) fn completions(args: &args::Completions) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), env!("CARGO_PKG_NAME"), &mut script);
    print(&script)
}

/// One page for the program and all its commands.
pub(super) fn man() -> Result<u8, Failure> {
    let command = Args::command();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands() {
        let man = clap_mangen::Man::new(sub.clone());
        let mut section = Vec::new();
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        writeln!(page, ".SH {} {}", env!("CARGO_PKG_NAME").to_uppercase(), sub.get_name().to_uppercase())?;
        // Inside a section they are subsections.
        page.write_all(String::from_utf8_lossy(&section).replace(".SH ", ".SS ").as_bytes())?;
    }
    print(&page)
}

fn print(text: &[u8]) -> Result<u8, Failure> {
    std::io::stdout().lock().write_all(text)?;
    Ok(0)
}
