/** The recipes; found by the API through ServiceLoader, so nothing is exported. */
module io.sereno.recipes {
    requires static com.google.auto.service;
    requires static org.jspecify;
    requires io.sereno;

    uses io.sereno.spi.BackendProvider;

    provides io.sereno.SerenoFactory with
            io.sereno.recipes.connect.DefaultSerenoFactory;
}
