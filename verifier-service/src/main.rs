//! The program `verifier`.

fn main() -> std::process::ExitCode {
    verifier_service::run(std::env::args_os()).into()
}
