//! Entry points: the macros, and the way from the host's words to the SDK's.

use crate::arguments::Arguments;
use crate::batch::TableBatch;
use crate::bindings::imports::tidegate::plugin::types as wit;
use crate::decode;
use crate::failure::{Detail, Failure};
use crate::request::Request;
use crate::response::Response;

/// Makes a function the plugin's entry point for written rows.
///
/// It takes `Vec<TableBatch>` and [`Arguments`] and gives
/// `Result<(), Failure>`. A component may have several entry points; each is
/// named once.
#[macro_export]
macro_rules! on_write {
    ($handle:path) => {
        const _: () = {
            // A wrong signature is told in the SDK's own words, and the function
            // counts as used where nothing is exported.
            const _: fn(
                ::std::vec::Vec<$crate::TableBatch>,
                $crate::Arguments,
            ) -> ::core::result::Result<(), $crate::Failure> = $handle;
            struct Plugin;
            impl $crate::bindings::write::exports::tidegate::plugin::on_write::Guest for Plugin {
                fn handle(
                    batches: ::std::vec::Vec<$crate::entry::wit_types::TableBatch>,
                    arguments: $crate::entry::wit_types::Arguments,
                ) -> ::core::result::Result<(), $crate::entry::wit_types::Failure> {
                    $crate::entry::write(batches, arguments, $handle)
                }
            }
            // Only a wasm linker accepts the names that components export.
            #[cfg(target_family = "wasm")]
    $crate::bindings::write::export_write!(Plugin with_types_in $crate::bindings::write);
        };
    };
}

/// Makes a function the plugin's entry point for its schedule.
///
/// It takes the time for which the run was scheduled, in nanoseconds since
/// 1970, and [`Arguments`], and gives `Result<(), Failure>`.
#[macro_export]
macro_rules! on_schedule {
    ($handle:path) => {
        const _: () = {
            const _: fn(i64, $crate::Arguments) -> ::core::result::Result<(), $crate::Failure> = $handle;
            struct Plugin;
            impl $crate::bindings::schedule::exports::tidegate::plugin::on_schedule::Guest for Plugin {
                fn handle(
                    scheduled: i64,
                    arguments: $crate::entry::wit_types::Arguments,
                ) -> ::core::result::Result<(), $crate::entry::wit_types::Failure> {
                    $crate::entry::schedule(scheduled, arguments, $handle)
                }
            }
            #[cfg(target_family = "wasm")]
    $crate::bindings::schedule::export_schedule!(Plugin with_types_in $crate::bindings::schedule);
        };
    };
}

/// Makes a function the plugin's entry point for requests.
///
/// It takes a [`Request`] and [`Arguments`] and gives
/// `Result<Response, Failure>`.
#[macro_export]
macro_rules! on_request {
    ($handle:path) => {
        const _: () = {
            const _: fn(
                $crate::Request,
                $crate::Arguments,
            ) -> ::core::result::Result<$crate::Response, $crate::Failure> = $handle;
            struct Plugin;
            impl $crate::bindings::request::exports::tidegate::plugin::on_request::Guest for Plugin {
                fn handle(
                    request: $crate::Request,
                    arguments: $crate::entry::wit_types::Arguments,
                ) -> ::core::result::Result<$crate::Response, $crate::entry::wit_types::Failure> {
                    $crate::entry::request(request, arguments, $handle)
                }
            }
            #[cfg(target_family = "wasm")]
    $crate::bindings::request::export_request!(Plugin with_types_in $crate::bindings::request);
        };
    };
}

/// For the macros alone.
pub use crate::bindings::imports::tidegate::plugin::types as wit_types;

/// Runs the entry point for writes.
///
/// # Errors
/// The plugin's failure.
pub fn write(
    batches: Vec<wit::TableBatch>,
    arguments: wit::Arguments,
    handle: impl FnOnce(Vec<TableBatch>, Arguments) -> Result<(), Failure>,
) -> Result<(), wit::Failure> {
    let batches = batches.into_iter().map(decode::batch).collect::<Result<Vec<_>, _>>();
    let batches = batches.map_err(|malformed| wit::Failure::from(Failure::from(malformed)))?;
    Ok(handle(batches, arguments.into())?)
}

/// Runs the entry point for schedules.
///
/// # Errors
/// The plugin's failure.
pub fn schedule(
    scheduled: i64,
    arguments: wit::Arguments,
    handle: impl FnOnce(i64, Arguments) -> Result<(), Failure>,
) -> Result<(), wit::Failure> {
    Ok(handle(scheduled, arguments.into())?)
}

/// Runs the entry point for requests.
///
/// # Errors
/// The plugin's failure.
pub fn request(
    request: Request,
    arguments: wit::Arguments,
    handle: impl FnOnce(Request, Arguments) -> Result<Response, Failure>,
) -> Result<Response, wit::Failure> {
    Ok(handle(request, arguments.into())?)
}

impl From<wit::Arguments> for Arguments {
    fn from(arguments: wit::Arguments) -> Self {
        arguments.unwrap_or_default().into_iter().collect()
    }
}

impl From<Failure> for wit::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Invalid(detail) => Self::Invalid(detail.into()),
            Failure::TryAgain(detail) => Self::TryAgain(detail.into()),
        }
    }
}

impl From<Detail> for wit::FailureDetail {
    fn from(detail: Detail) -> Self {
        Self { traceback: Some(detail.location.to_string()), message: detail.message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reaches_the_host_with_its_place() {
        let result = schedule(0, None, |_, args| args.required::<String>("table").map(drop));

        let Err(wit::Failure::Invalid(detail)) = result else { panic!("not invalid") };
        assert_eq!(detail.message, "argument is missing. name=`table`");
        assert!(detail.traceback.unwrap().contains("entry.rs:"));
    }
}
