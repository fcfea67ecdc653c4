//! The real binary, driven as its user drives it: verbs, exit codes, signals, the page. What the
//! parts do by themselves is tested beside them; nothing here looks inside the process.

mod disk;
mod gate;
mod kill;
mod models;
mod process;
mod receiver;
mod refusals;
mod road;
mod second_look;
mod site;
mod threads;
