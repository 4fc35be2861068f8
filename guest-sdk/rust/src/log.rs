//! What the plugin says about its run, kept for the trigger's owner.
//!
//! ```no_run
//! # use tidegate_sdk::log;
//! # let (host, usage) = ("a", 97.5);
//! log::warn!("{host} is at {usage} %");
//! ```
//!
//! What exceeds the run's log limit is counted, not kept. What the plugin
//! prints lands here too.

#[doc(inline)]
pub use crate::bindings::imports::tidegate::plugin::log::{Level, write};

/// Logs a message for whoever develops the plugin.
#[doc(inline)]
pub use crate::__log_debug as debug;
/// Logs an error.
#[doc(inline)]
pub use crate::__log_error as error;
/// Logs the normal course of things.
#[doc(inline)]
pub use crate::__log_info as info;
/// Logs what somebody should look at some day.
#[doc(inline)]
pub use crate::__log_warn as warn;

#[doc(hidden)]
#[macro_export]
macro_rules! __log_debug {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Debug, &::std::format!($($message)+)) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_info {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Info, &::std::format!($($message)+)) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_warn {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Warn, &::std::format!($($message)+)) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_error {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Error, &::std::format!($($message)+)) };
}
