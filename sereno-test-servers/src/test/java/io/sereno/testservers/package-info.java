@NullMarked
package io.sereno.testservers;

import org.jspecify.annotations.NullMarked;
