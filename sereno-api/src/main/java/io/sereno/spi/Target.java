package io.sereno.spi;

import java.util.Optional;

/**
 * The target of a watch: a directory, or one entry of it, which need not exist. Names are checked when the target is
 * made.
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

    /**
     * Whether watches of this target announce changes of an entry.
     *
     * @param path the path of the entry's directory
     * @param entry the name of the entry
     * @return whether the entry is the one watched, or is in the directory watched
     */
    public boolean covers(String path, String entry) {
        return directory.equals(path) && (name.isEmpty() || name.get().equals(entry));
    }
}
