//! One suite that every adapter passes: where adapters differ is where nobody looks.
