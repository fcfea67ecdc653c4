//! Composes the parts into what each verb runs. Decides nothing itself.
