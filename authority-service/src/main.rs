//! The program `authority`.

fn main() -> std::process::ExitCode {
    authority_service::run(std::env::args_os()).into()
}
