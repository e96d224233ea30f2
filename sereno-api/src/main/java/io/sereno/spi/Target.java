package io.sereno.spi;

import java.util.Optional;

/**
 * What to watch: a directory, or one entry of it, which need not exist. Names are checked when it is made.
 *
 * @param directory the path of the directory
 * @param name of the entry; empty for the whole directory
 */
public record Target(String directory, Optional<String> name) {
    /** Checks path and name. */
    public Target {
        if (name.isPresent()) {
            Names.checkEntry(directory, name.get());
        } else {
            Names.checkDirectory(directory);
        }
    }
}
