//! What follows from a reply: the rules of the outbox. Pure: outcomes in, decisions out; no
//! clock, no database, no socket.
//!
//! [`policy`] decides about one attempt, [`backoff`] how long to wait before the next,
//! [`review`] at the end of a round which rejections were about their recipients, and
//! [`suppression`] who is not written to any more. What a reply *means* is decided before, by
//! `deliver::classify`.

pub mod backoff;
pub mod policy;
pub mod review;
pub mod suppression;

pub use policy::RetryPolicy;
