//! The program `issuer`.

fn main() -> std::process::ExitCode {
    issuer_service::run(std::env::args_os()).into()
}
