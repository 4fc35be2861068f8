//! The one integration binary: what the product promises, over real guests.

mod smoke;
