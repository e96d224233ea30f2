package io.sereno.spi;

import java.util.Optional;

public record Target(String directory, Optional<String> name) {}
