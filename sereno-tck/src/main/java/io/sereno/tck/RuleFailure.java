package io.sereno.tck;

import org.jspecify.annotations.Nullable;

/** A rule is broken: what was seen. The kit puts rule, steps and advice around it. */
class RuleFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    RuleFailure(String seen) {
        super(seen);
    }

    RuleFailure(String seen, @Nullable Throwable cause) {
        super(seen, cause);
    }
}
