/** The code of docs/guides and docs/test-your-application.md, run on the store in memory. */
@NullMarked
package io.sereno.examples.guides;

import org.jspecify.annotations.NullMarked;
