//! Tells the linker that Node's symbols come from the program that loads the addon.

fn main() {
    napi_build::setup();
}
