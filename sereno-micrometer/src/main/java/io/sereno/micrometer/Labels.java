package io.sereno.micrometer;

import java.util.Locale;

/** Constants as values of tags. */
final class Labels {
    private Labels() {}

    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
