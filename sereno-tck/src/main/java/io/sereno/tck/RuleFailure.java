package io.sereno.tck;

import org.jspecify.annotations.Nullable;

/** A broken rule: what was seen. The kit adds rule, steps and advice. */
class RuleFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    RuleFailure(String seen) {
        super(seen);
    }

    RuleFailure(String seen, @Nullable Throwable cause) {
        super(seen, cause);
    }
}
