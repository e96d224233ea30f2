package io.sereno.spi;

import java.util.Optional;

public record Target(String directory, Optional<String> name) {
    public Target {
        if (name.isPresent()) {
            Names.checkEntry(directory, name.get());
        } else {
            Names.checkDirectory(directory);
        }
    }
}
