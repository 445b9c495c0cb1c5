//! The server: HTTP, command line, flows and jobs. The only floor that knows HTTP.

pub mod app;
pub mod assets;
pub mod cli;
pub mod config;
pub mod demo;
pub mod flows;
pub mod http;
pub mod printing;
pub mod workbench;
