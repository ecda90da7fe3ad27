//! The program: arguments in, exit status out.

fn main() -> std::process::ExitCode {
    whisper_tui::run(std::env::args_os()).into()
}
