//! Wasmspan's own commands.

fn main() {
    wasmspan::cli::begin();
    let status = wasmspan::cli::wasmspan(
        std::env::args_os(),
        &mut std::io::stdout(),
        &mut std::io::stderr(),
    );
    std::process::exit(status);
}
